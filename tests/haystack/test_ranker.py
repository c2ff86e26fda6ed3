"""Qwen3Ranker in Haystack's pipelines."""

import asyncio
import copy
from typing import Any

import pytest
from haystack import Document, Pipeline
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice, Secret

from checkpoints import build_reranker
from qwen3_embed_integrations import ConfigError, InputTypeError, Qwen3Reranker
from qwen3_embed_integrations.haystack import Qwen3Ranker

QUERY = "What is the capital of China?"
TEXTS = ["Beijing is the capital of China.", "Gravity pulls.", "", "中国", "Rivers of China are long."]
DOCUMENTS = [Document(id=str(index), content=text, meta={"title": f"T{index}"}) for index, text in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(build_reranker(tmp_path_factory.mktemp("reranker") / "model"))


@pytest.fixture
def ranker(model: str) -> Qwen3Ranker:
    return Qwen3Ranker(model=model, dtype="float32", top_k=3)


def expected(model: str, texts: list[str] = TEXTS, **limits: Any) -> list[tuple[str, float]]:
    ranked = Qwen3Reranker(model=model, dtype="float32").rank(QUERY, texts, **limits)
    return [(str(one.index), one.score) for one in ranked]


def found(output: dict[str, Any]) -> list[tuple[str, float | None]]:
    return [(document.id, document.score) for document in output["documents"]]


def test_documents_are_ranked_and_not_changed(ranker: Qwen3Ranker, model: str) -> None:
    before = copy.deepcopy(DOCUMENTS)
    ranker.warm_up()
    assert found(ranker.run(query=QUERY, documents=DOCUMENTS)) == expected(model, top_k=3)
    assert found(asyncio.run(ranker.run_async(query=QUERY, documents=DOCUMENTS))) == expected(model, top_k=3)
    assert before == DOCUMENTS
    assert ranker.run(query=QUERY, documents=[]) == {"documents": []}
    asyncio.run(ranker.warm_up_async())


def test_arguments_of_a_run_replace_those_of_the_component(ranker: Qwen3Ranker, model: str) -> None:
    logits = expected(model, scale="logit")
    assert found(ranker.run(query=QUERY, documents=DOCUMENTS, top_k=5, scale_score=False)) == logits
    floor = expected(model)[1][1]
    assert found(ranker.run(query=QUERY, documents=DOCUMENTS, score_threshold=floor)) == expected(model)[:2]
    with pytest.raises(ConfigError, match="top_k=0"):
        ranker.run(query=QUERY, documents=DOCUMENTS, top_k=0)


def test_meta_fields_go_before_the_content(model: str) -> None:
    ranker = Qwen3Ranker(
        model=model, dtype="float32", top_k=5, meta_fields_to_embed=["title", "none"], embedding_separator=" - "
    )
    texts = [" - ".join([f"T{index}", text]) if text else f"T{index}" for index, text in enumerate(TEXTS)]
    assert found(ranker.run(query=QUERY, documents=DOCUMENTS)) == expected(model, texts)


def test_documents_of_one_id_are_ranked_once(ranker: Qwen3Ranker) -> None:
    doubled = [*DOCUMENTS, DOCUMENTS[0]]
    assert found(ranker.run(query=QUERY, documents=doubled, top_k=10)) == found(
        ranker.run(query=QUERY, documents=DOCUMENTS, top_k=10)
    )


def test_a_pipeline_ranks_what_bm25_finds_and_survives_yaml(ranker: Qwen3Ranker) -> None:
    store = InMemoryDocumentStore()
    store.write_documents(DOCUMENTS)
    pipeline = Pipeline()
    pipeline.add_component("retriever", InMemoryBM25Retriever(store, top_k=5))
    pipeline.add_component("ranker", ranker)
    pipeline.connect("retriever.documents", "ranker.documents")
    asked = {"retriever": {"query": "China"}, "ranker": {"query": QUERY}}
    output = pipeline.run(asked)["ranker"]
    assert len(output["documents"]) >= 2
    stored = Pipeline.loads(pipeline.dumps())
    again: Any = stored.get_component("ranker")
    reloaded = again.run(query=QUERY, documents=output["documents"])
    assert [document.id for document in reloaded["documents"]] == [document.id for document in output["documents"]]
    scores = [document.score for document in output["documents"]]
    assert [document.score for document in reloaded["documents"]] == pytest.approx(scores, abs=1e-6)


def test_every_option_is_stored_and_no_token(model: str) -> None:
    ranker = Qwen3Ranker(
        model=model,
        top_k=4,
        score_threshold=0.2,
        scale_score=False,
        meta_fields_to_embed=["title"],
        instruction="Find it",
        device=ComponentDevice.from_str("cpu"),
        token=Secret.from_env_var("A_TOKEN", strict=False),
    )
    stored = ranker.to_dict()
    assert stored["type"].startswith("haystack_integrations.components.rankers.qwen3.")
    again = Qwen3Ranker.from_dict(stored)
    assert again.to_dict() == stored
    assert (again.config, again.top_k, again.score_threshold, again.scale_score) == (ranker.config, 4, 0.2, False)
    assert again.config.instruction == "Find it"
    with pytest.raises(ValueError, match=r"[Tt]oken"):
        Qwen3Ranker(token=Secret.from_token("hf_secret")).to_dict()


@pytest.mark.parametrize(
    "wrong", [{"top_k": 0}, {"top_n": 3}, {"meta_fields_to_embed": "title"}, {"token": "hf_secret"}, {"dimension": 64}]
)
def test_a_wrong_option_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Qwen3Ranker(**wrong)


def test_what_is_no_document_is_refused(ranker: Qwen3Ranker) -> None:
    for wrong in (["text"], "text", None):
        with pytest.raises(InputTypeError):
            ranker.run(query=QUERY, documents=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputTypeError):
        ranker.run(query=["q"], documents=DOCUMENTS)  # type: ignore[arg-type]
