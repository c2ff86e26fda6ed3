"""Qwen3HybridRetriever over LlamaIndex's own Chroma store and a real BM25 index."""

from __future__ import annotations

from pathlib import Path

import chromadb
import pytest
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.vector_stores.chroma import ChromaVectorStore

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.chroma import hybrid_retriever, open_bm25_index, open_collection
from qwen3_embed_integrations.llama_index import Qwen3Embedding, Qwen3HybridRetriever


@pytest.fixture
def retriever(tmp_path: Path) -> Qwen3HybridRetriever:
    embedding = Qwen3Embedding(model="tiny", backend="fake")
    collection = open_collection(chromadb.PersistentClient(str(tmp_path)), "pages", embedding)
    store = ChromaVectorStore(chroma_collection=collection)
    texts = {"code": "Error E1234 is raised when the id is unknown", "cat": "A cat sleeps", "dog": "A dog barks"}
    VectorStoreIndex(
        [TextNode(id_=name, text=text) for name, text in texts.items()],
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=embedding,
    )
    hybrid = hybrid_retriever(collection, embedding, open_bm25_index(collection, tmp_path))
    return Qwen3HybridRetriever(hybrid, store.get_nodes, similarity_top_k=2)


def test_nodes_come_best_first_with_the_fused_score(retriever) -> None:
    found = retriever.retrieve("Where does E1234 come from?")
    hits = retriever.hybrid.retrieve("Where does E1234 come from?", 2)
    assert [(node.node_id, node.score) for node in found] == [(hit.id, hit.score) for hit in hits]
    assert found[0].node.get_content().startswith("Error E1234")


async def test_async_finds_the_same(retriever) -> None:
    found = await retriever.aretrieve("E1234")
    assert [node.node_id for node in found] == [node.node_id for node in retriever.retrieve("E1234")]


def test_an_unfit_top_k_is_rejected(retriever) -> None:
    with pytest.raises(ConfigError, match="similarity_top_k=0"):
        Qwen3HybridRetriever(retriever.hybrid, lambda _: [], similarity_top_k=0)
