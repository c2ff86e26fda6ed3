"""The two-stage retriever of each framework, over the handles."""

from __future__ import annotations

from typing import Any

import pytest
from haystack import Pipeline
from qdrant_client import models

from haystack_integrations.components.embedders.qwen3 import Qwen3TextEmbedder
from haystack_integrations.components.retrievers.qwen3 import Qwen3TwoStageRetriever as HaystackRetriever
from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.langchain import Qwen3TwoStageRetriever as LangChainRetriever
from qwen3_embed_integrations.llama_index import Qwen3Embedding
from qwen3_embed_integrations.llama_index import Qwen3TwoStageRetriever as LlamaIndexRetriever
from qwen3_embed_integrations.stores import QdrantHandle, add_documents

TEXTS = ["cats sleep all day", "dogs bark at night", "sorted returns a list", "the tower stands in Paris"]
WHERE = models.Filter(must=[models.FieldCondition(key="metadata.n", match=models.MatchValue(value=1))])


@pytest.fixture
def handle(qdrant: Any, embeddings: Qwen3Embeddings) -> QdrantHandle:
    found = QdrantHandle(qdrant, "docs")
    found.create(64, first=16)
    add_documents(found, TEXTS, TEXTS, [{"n": i} for i in range(4)], encoder=embeddings)
    return found


async def test_langchain(handle: QdrantHandle, embeddings: Qwen3Embeddings) -> None:
    retriever = LangChainRetriever(store=handle, embeddings=embeddings, k=2, first=16)
    found = retriever.invoke("cats sleep")
    assert (found[0].page_content, found[0].id, found[0].metadata["n"]) == (TEXTS[0], TEXTS[0], 0)
    assert found[0].metadata["relevance_score"] > found[1].metadata["relevance_score"]
    again = await retriever.ainvoke("cats sleep")  # in another thread, whose products may differ in their last bits
    assert [document.id for document in again] == [document.id for document in found]
    scores = [document.metadata["relevance_score"] for document in found]
    assert [document.metadata["relevance_score"] for document in again] == pytest.approx(scores, abs=1e-6)
    only = LangChainRetriever(store=handle, embeddings=embeddings, where=WHERE)
    assert [document.page_content for document in only.invoke("cats sleep")] == [TEXTS[1]]


async def test_llama_index(handle: QdrantHandle) -> None:
    embed_model = Qwen3Embedding(backend="fake", dimension=64)
    retriever = LlamaIndexRetriever(handle, embed_model, first=16)
    found = retriever.retrieve("cats sleep")
    assert (found[0].text, found[0].node_id, found[0].metadata) == (TEXTS[0], TEXTS[0], {"n": 0})
    assert [one.node_id for one in await retriever.aretrieve("cats sleep")] == [one.node_id for one in found]
    assert (found[0].score or 0) > (found[1].score or 0)
    with pytest.raises(ConfigError, match="embed_model is str"):
        LlamaIndexRetriever(handle, "0.6B")  # type: ignore[arg-type]


def test_haystack(handle: QdrantHandle) -> None:
    pipeline = Pipeline()
    pipeline.add_component("embedder", Qwen3TextEmbedder(backend="fake", dimension=64))
    pipeline.add_component("retriever", HaystackRetriever(handle, top_k=2, first=16))
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    found = pipeline.run({"embedder": {"text": "cats sleep"}})["retriever"]["documents"]
    assert (found[0].content, found[0].meta, len(found)) == (TEXTS[0], {"n": 0}, 2)
    (one,) = pipeline.run({"embedder": {"text": "cats"}, "retriever": {"filters": WHERE}})["retriever"]["documents"]
    assert one.content == TEXTS[1]
    with pytest.raises(ConfigError, match="can't be stored"):
        pipeline.to_dict()
