"""Each engine that scores pairs gets its own path, fields and instruction, and its answer is understood."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, Ranked, RerankerConfig
from qwen3_embed_integrations.backends.remote.rerank_engines import RERANK_PROFILES, rerank_target_of
from qwen3_embed_integrations.core.options import RerankEngine
from rerank_fixtures import MakeReranker
from rerank_server import PROTOCOLS, scoring, words_in_common

QUERY = "Where is the moon tonight?"
DOCUMENTS = ["Cheese.", "The moon is in the east tonight.", "Where is the sun?", "the moon", "", "[{[{ moon }]}]"]
ENGINES = sorted(PROTOCOLS)
WEB = "Given a web search query, retrieve relevant passages that answer the query"


def test_every_engine_has_a_profile_and_a_strict_server() -> None:
    assert set(get_args(RerankEngine)) == set(RERANK_PROFILES) == set(PROTOCOLS)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("is_sorted", [True, False], ids=["sorted", "in the order of the call"])
def test_scores_are_those_of_the_server_in_the_order_of_the_documents(
    over: MakeReranker, engine: str, is_sorted: bool
) -> None:
    expected = words_in_common(QUERY, DOCUMENTS, WEB)
    with scoring(engine, is_sorted=is_sorted) as server:
        ours = over(server)
        np.testing.assert_allclose(ours.score(QUERY, DOCUMENTS, scale="logit"), expected, atol=1e-4)
        ranked = ours.rank(QUERY, DOCUMENTS, top_k=2)
    assert [one.index for one in ranked] == [1, 2]
    assert isinstance(ranked[0], Ranked)
    assert 0 < ranked[1].score < ranked[0].score < 1


@pytest.mark.parametrize("engine", [name for name, one in PROTOCOLS.items() if one.instruction])
def test_the_instruction_is_sent_under_the_engines_name(over: MakeReranker, engine: str) -> None:
    with scoring(engine) as server:
        over(server, instruction="Find cheese").score(QUERY, DOCUMENTS)
        over(server).score(QUERY, DOCUMENTS, instruction="Find the sun")
        sent = [body[PROTOCOLS[engine].instruction] for _, body in server.requests]
    assert sent == [WEB, "Find cheese", "Find the sun"]


@pytest.mark.parametrize("engine", [name for name, one in PROTOCOLS.items() if not one.instruction])
def test_an_instruction_that_can_not_be_sent_is_refused_and_not_left_out(over: MakeReranker, engine: str) -> None:
    with scoring(engine) as server:
        ours = over(server)
        with pytest.raises(ConfigError, match="takes no instruction"):
            ours.rank(QUERY, DOCUMENTS, instruction="Find cheese")
        assert len(ours.rank(QUERY, DOCUMENTS, instruction="web")) == len(DOCUMENTS)


@pytest.mark.parametrize(
    ("engine", "base_url", "url"),
    [
        ("vllm", "http://h:8000/v1", "http://h:8000/v1/rerank"),
        ("vllm", "http://h:8000", "http://h:8000/v1/rerank"),
        ("llama.cpp", "http://h:8080/v1/rerank", "http://h:8080/v1/rerank"),
        ("infinity", "http://h:7997", "http://h:7997/rerank"),
        ("infinity", "http://h:7997/v1/rerank", "http://h:7997/v1/rerank"),
        ("cohere", "https://api.cohere.com/v2", "https://api.cohere.com/v2/rerank"),
        ("cohere", "https://api.cohere.com", "https://api.cohere.com/v2/rerank"),
        ("dashscope", "https://h/compatible-api/v1", "https://h/compatible-api/v1/reranks"),
    ],
)
def test_a_base_url_may_end_before_or_after_its_path(engine: RerankEngine, base_url: str, url: str) -> None:
    config = RerankerConfig(backend="remote", base_url=base_url, engine=engine, model="m").runtime_config
    assert rerank_target_of(config, engine).url == url


def test_the_model_has_its_served_name(over: MakeReranker) -> None:
    with scoring("vllm") as server:
        over(server, model="0.6B").score(QUERY, DOCUMENTS)
        over(server, model="0.6B", served_model="mine").score(QUERY, DOCUMENTS)
        names = [body["model"] for _, body in server.requests]
    assert names == ["Qwen/Qwen3-Reranker-0.6B"] * 2 + ["mine"] * 2
