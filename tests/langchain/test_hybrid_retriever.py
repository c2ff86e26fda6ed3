"""Qwen3HybridRetriever over LangChain's own Chroma store and a real BM25 index."""

from __future__ import annotations

from pathlib import Path

import chromadb
import pytest
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.runnables import RunnablePassthrough

from qwen3_embed_integrations.chroma import hybrid_retriever, open_bm25_index, open_collection
from qwen3_embed_integrations.langchain import Qwen3Embeddings, Qwen3HybridRetriever


@pytest.fixture
def retriever(tmp_path: Path) -> Qwen3HybridRetriever:
    embeddings = Qwen3Embeddings(model="tiny", backend="fake")
    client = chromadb.PersistentClient(str(tmp_path))
    collection = open_collection(client, "pages", embeddings)
    store = Chroma(client=client, collection_name="pages", embedding_function=embeddings)
    texts = ["Error E1234 is raised when the id is unknown", "A cat sleeps", "A dog barks"]
    documents = [Document(text, metadata={"source": text[:5]}) for text in texts]
    store.add_documents(documents, ids=["code", "cat", "dog"])
    hybrid = hybrid_retriever(collection, embeddings, open_bm25_index(collection, tmp_path))
    return Qwen3HybridRetriever(hybrid=hybrid, vector_store=store, k=2)


def test_documents_come_best_first_with_their_scores(retriever) -> None:
    found = retriever.invoke("Where does E1234 come from?")
    hits = retriever.hybrid.retrieve("Where does E1234 come from?", 2)
    assert [document.id for document in found] == [hit.id for hit in hits]
    assert [document.metadata["relevance_score"] for document in found] == [hit.score for hit in hits]
    assert found[0].page_content.startswith("Error E1234")
    assert found[0].metadata["source"] == "Error"
    assert found[0].metadata["bm25_score"] == hits[0].bm25_score > 0


async def test_async_finds_the_same(retriever) -> None:
    assert await retriever.ainvoke("E1234") == retriever.invoke("E1234")


def test_it_runs_in_a_chain(retriever) -> None:
    chain = {"context": retriever, "question": RunnablePassthrough()} | RunnablePassthrough()
    assert chain.invoke("E1234")["context"][0].id == "code"


def test_an_unfit_k_is_rejected(retriever) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Qwen3HybridRetriever(hybrid=retriever.hybrid, vector_store=retriever.vector_store, k=0)
