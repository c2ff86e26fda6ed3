"""The frameworks' own tracing works with our components, and our spans are children of what calls them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from haystack import Pipeline
from haystack import tracing as haystack_tracing
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langchain_core.vectorstores import InMemoryVectorStore
from llama_index.core import Document as LlamaDocument
from llama_index.core import VectorStoreIndex
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from opentelemetry import trace
from pydantic import Field

from qwen3_embed_integrations.haystack import Qwen3TextEmbedder
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.llama_index import Qwen3Embedding
from telemetry_fixtures import Recorded, is_child, recorded

__all__ = ["recorded"]

TEXTS = ["Paris is the capital of France.", "Cats sleep all day."]


def test_langchain_records_the_retriever_and_our_span_is_beneath_the_caller(recorded: Recorded, checkpoint) -> None:
    store = InMemoryVectorStore.from_texts(TEXTS, Qwen3Embeddings(model=str(checkpoint)))
    collector = RunCollectorCallbackHandler()
    with trace.get_tracer("app").start_as_current_span("handler"):
        store.as_retriever().invoke("Where is Paris?", config={"callbacks": [collector]})
    (run,) = collector.traced_runs
    assert (run.run_type, run.error) == ("retriever", None)
    assert is_child(recorded.spans("embeddings")[-1], recorded.span("handler"))


async def test_langchains_async_retriever_keeps_the_parent(recorded: Recorded, checkpoint) -> None:
    store = InMemoryVectorStore.from_texts(TEXTS, Qwen3Embeddings(model=str(checkpoint)))
    collector = RunCollectorCallbackHandler()
    with trace.get_tracer("app").start_as_current_span("handler"):
        await store.as_retriever().ainvoke("Where is Paris?", config={"callbacks": [collector]})
    assert len(collector.traced_runs) == 1
    assert is_child(recorded.spans("embeddings")[-1], recorded.span("handler"))


class Events(BaseEventHandler):
    """Keeps the names of LlamaIndex's events."""

    seen: list[str] = Field(default_factory=list)

    @classmethod
    def class_name(cls) -> str:
        return "Events"

    def handle(self, event: Any, **_: Any) -> None:
        self.seen.append(event.class_name())


@pytest.fixture
def events() -> Iterator[list[str]]:
    dispatcher, handler = get_dispatcher(), Events(seen=[])
    dispatcher.add_event_handler(handler)
    yield handler.seen
    dispatcher.event_handlers.remove(handler)


def test_llama_index_tells_of_embeddings_and_our_span_is_beneath_the_caller(
    recorded: Recorded, checkpoint, events: list[str]
) -> None:
    index = VectorStoreIndex.from_documents(
        [LlamaDocument(text=text) for text in TEXTS], embed_model=Qwen3Embedding(model_name=str(checkpoint))
    )
    events.clear()
    with trace.get_tracer("app").start_as_current_span("handler"):
        index.as_retriever().retrieve("Where is Paris?")
    assert events.index("RetrievalStartEvent") < events.index("EmbeddingStartEvent") < events.index("EmbeddingEndEvent")
    assert is_child(recorded.spans("embeddings")[-1], recorded.span("handler"))


class HaystackSpan(haystack_tracing.Span):
    """Hands a component's tags to OpenTelemetry."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set_tag(self, key: str, value: Any) -> None:
        self._span.set_attribute(key, str(value))


class HaystackTracer(haystack_tracing.Tracer):
    """Makes a span of OpenTelemetry for each of Haystack's, as a tracing integration does."""

    @contextmanager
    def trace(self, operation_name: str, tags: Any = None, parent_span: Any = None) -> Iterator[HaystackSpan]:
        del parent_span
        with trace.get_tracer("haystack").start_as_current_span(operation_name) as span:
            made = HaystackSpan(span)
            made.set_tags(tags or {})
            yield made

    def current_span(self) -> HaystackSpan:
        return HaystackSpan(trace.get_current_span())


def test_haystacks_component_span_is_the_parent_of_ours(recorded: Recorded, checkpoint) -> None:
    pipeline = Pipeline()
    pipeline.add_component("embedder", Qwen3TextEmbedder(model=str(checkpoint)))
    haystack_tracing.enable_tracing(HaystackTracer())
    try:
        pipeline.run({"embedder": {"text": "Where is Paris?"}})
    finally:
        haystack_tracing.disable_tracing()
    component = recorded.span("haystack.component.run")
    assert component.attributes
    assert component.attributes["haystack.component.name"] == "embedder"
    assert is_child(recorded.spans("embeddings")[-1], component)
