"""Qwen3Rerank in LlamaIndex's query engine, with its events and callbacks."""

import asyncio
import copy
import pickle
from typing import Any

import pytest
from llama_index.core import get_response_synthesizer
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload, LlamaDebugHandler
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode
from llama_index_instrumentation import get_dispatcher
from llama_index_instrumentation.event_handlers import BaseEventHandler

from checkpoints import build_reranker
from qwen3_embed_integrations import ConfigError, Qwen3Reranker
from qwen3_embed_integrations.llama_index import Qwen3Rerank

QUERY = "What is the capital of China?"
NODES = [
    NodeWithScore(node=TextNode(text=text, id_=str(index), metadata={"file": f"{index}.md"}), score=index / 10)
    for index, text in enumerate(["Beijing is the capital.", "Gravity pulls.", "", "中国", "Rivers are long."])
]


class Fixed(BaseRetriever):
    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        del query_bundle
        return NODES


class Recorder(BaseEventHandler):
    """Keeps the reranking events."""

    seen: list[Any] = []  # noqa: RUF012 - a pydantic field

    def handle(self, event: Any, **_: Any) -> None:
        if isinstance(event, ReRankStartEvent | ReRankEndEvent):
            self.seen.append(event)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(build_reranker(tmp_path_factory.mktemp("reranker") / "model"))


@pytest.fixture
def rerank(model: str) -> Qwen3Rerank:
    return Qwen3Rerank(model=model, dtype="float32", top_n=3)


@pytest.fixture
def events() -> Any:
    recorder, root = Recorder(), get_dispatcher()
    root.add_event_handler(recorder)
    yield recorder.seen
    root.event_handlers.remove(recorder)


def expected(model: str, **limits: Any) -> list[tuple[str, float]]:
    texts = [found.node.get_content(metadata_mode=MetadataMode.EMBED) for found in NODES]
    ranked = Qwen3Reranker(model=model, dtype="float32").rank(QUERY, texts, **limits)
    return [(str(one.index), one.score) for one in ranked]


def found(nodes: list[NodeWithScore]) -> list[tuple[str, float | None]]:
    return [(one.node.node_id, one.score) for one in nodes]


def test_nodes_are_ranked_as_they_are_embedded_and_not_changed(rerank: Qwen3Rerank, model: str) -> None:
    before = copy.deepcopy(NODES)
    assert found(rerank.postprocess_nodes(NODES, query_str=QUERY)) == expected(model, top_k=3)
    asynchronous = asyncio.run(rerank.apostprocess_nodes(NODES, query_bundle=QueryBundle(QUERY)))
    assert found(asynchronous) == expected(model, top_k=3)
    assert before == NODES
    assert found(rerank.replace(top_n=None).postprocess_nodes(NODES, query_str=QUERY)) == expected(model)


def test_a_query_engine_answers_from_the_best_nodes(rerank: Qwen3Rerank, model: str) -> None:
    synthesizer = get_response_synthesizer(MockLLM(), callback_manager=CallbackManager())
    engine = RetrieverQueryEngine(Fixed(), synthesizer, node_postprocessors=[rerank])
    assert found(engine.query(QUERY).source_nodes) == expected(model, top_k=3)


def test_both_events_surround_every_call(rerank: Qwen3Rerank, events: list[Any]) -> None:
    best = rerank.postprocess_nodes(NODES, query_str=QUERY)
    start, end = events
    assert (start.top_n, start.model_name, len(start.nodes)) == (3, rerank.model, len(NODES))
    assert end.nodes == best
    rerank.replace(top_n=None).postprocess_nodes([], query_str=QUERY)
    assert [type(event) for event in events[2:]] == [ReRankStartEvent, ReRankEndEvent]


def test_a_call_without_a_query_is_refused_and_its_events_are_complete(rerank: Qwen3Rerank, events: list[Any]) -> None:
    with pytest.raises(ConfigError, match="no query"):
        rerank.postprocess_nodes(NODES)
    assert [type(event) for event in events] == [ReRankStartEvent, ReRankEndEvent]
    with pytest.raises(FileNotFoundError):
        rerank.replace(model="/there/is/nothing").postprocess_nodes(NODES, query_str=QUERY)
    assert len(events) == 4


def test_callbacks_see_the_query_and_the_result(model: str) -> None:
    handler = LlamaDebugHandler(print_trace_on_end=False)
    rerank = Qwen3Rerank(model=model, dtype="float32", top_n=2, callback_manager=CallbackManager([handler]))
    best = rerank.postprocess_nodes(NODES, query_str=QUERY)
    ((start, end),) = handler.get_event_pairs(CBEventType.RERANKING)
    assert start.payload is not None
    assert end.payload is not None
    assert start.payload[EventPayload.QUERY_STR] == QUERY
    assert start.payload[EventPayload.MODEL_NAME] == model
    assert start.payload[EventPayload.TOP_K] == 2
    assert end.payload[EventPayload.NODES] == best


def test_the_retrieval_score_is_kept_in_a_copy_where_it_is_asked_for(rerank: Qwen3Rerank) -> None:
    (best, *_) = rerank.replace(keep_retrieval_score=True).postprocess_nodes(NODES, query_str=QUERY)
    original = NODES[int(best.node.node_id)]
    assert best.node.metadata["retrieval_score"] == original.score
    assert "retrieval_score" not in original.node.metadata
    shown = best.node.get_content(metadata_mode=MetadataMode.EMBED)
    assert shown == original.node.get_content(metadata_mode=MetadataMode.EMBED)
    (plain, *_) = rerank.postprocess_nodes(NODES, query_str=QUERY)
    assert "retrieval_score" not in plain.node.metadata


def test_options_are_fixed_and_survive_every_stored_form(rerank: Qwen3Rerank, model: str) -> None:
    for stored in (
        pickle.loads(pickle.dumps(rerank)),  # noqa: S301 - our own bytes
        Qwen3Rerank.from_dict(rerank.to_dict()),
        Qwen3Rerank.from_json(rerank.to_json()),
        copy.deepcopy(rerank),
    ):
        assert (stored.model, stored.top_n, stored.dtype) == (model, 3, "float32")
        assert found(stored.postprocess_nodes(NODES, query_str=QUERY)) == expected(model, top_k=3)
    with pytest.raises(ConfigError, match="fixed"):
        rerank.model = "other"
    for wrong in ({"top_n": 0}, {"top_k": 3}, {"model": "a", "model_name": "b"}):
        with pytest.raises(ConfigError):
            Qwen3Rerank(**wrong)
    assert Qwen3Rerank(model_name=model).model == model
