"""Qwen3HybridRetriever over Haystack's own stores, alone and in a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chromadb
import pytest
from haystack import Document, Pipeline
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.document_stores.chroma import ChromaDocumentStore

from qwen3_embed_integrations import ConfigError, InputTypeError
from qwen3_embed_integrations.chroma import hybrid_retriever, open_bm25_index
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3HybridRetriever

TEXTS = {"code": "Error E1234 is raised when the id is unknown", "cat": "A cat sleeps", "dog": "A dog barks"}


@pytest.fixture(params=["chroma", "memory"])
def retriever(request: pytest.FixtureRequest, tmp_path: Path) -> Qwen3HybridRetriever:
    """A retriever whose documents lie in Haystack's Chroma store, or in another store under the same ids."""
    embedder = Qwen3DocumentEmbedder(model="tiny", backend="fake")
    documents = embedder.run([Document(id=name, content=text, meta={"kind": "note"}) for name, text in TEXTS.items()])
    store: Any = ChromaDocumentStore(collection_name="pages", persist_path=str(tmp_path), distance_function="cosine")
    store.write_documents(documents["documents"])
    collection = chromadb.PersistentClient(str(tmp_path)).get_collection("pages")  # of Haystack's making
    hybrid = hybrid_retriever(collection, embedder, open_bm25_index(collection, tmp_path))
    if request.param == "memory":
        store = InMemoryDocumentStore()
        store.write_documents(documents["documents"])
    return Qwen3HybridRetriever(hybrid, store, top_k=2)


def test_documents_come_best_first_with_all_scores(retriever: Any) -> None:
    found = retriever.run("Where does E1234 come from?")["documents"]
    hits = retriever.hybrid.retrieve("Where does E1234 come from?", 2)
    assert [(document.id, document.score) for document in found] == [(hit.id, hit.score) for hit in hits]
    assert found[0].content == TEXTS["code"]
    assert found[0].meta == {"kind": "note", "dense_score": hits[0].dense_score, "bm25_score": hits[0].bm25_score}


async def test_async_finds_the_same(retriever: Any) -> None:
    found = (await retriever.run_async("E1234", top_k=1))["documents"]
    assert [document.id for document in found] == ["code"]


def test_it_runs_in_a_pipeline(retriever: Any) -> None:
    pipeline = Pipeline()
    pipeline.add_component("retriever", retriever)
    assert pipeline.run({"retriever": {"query": "E1234"}})["retriever"]["documents"][0].id == "code"
    with pytest.raises(ConfigError, match="can't be stored"):
        pipeline.dumps()


def test_a_document_that_the_store_has_lost_is_left_out(retriever: Any) -> None:
    retriever.document_store.delete_documents(["code"])
    assert "code" not in [document.id for document in retriever.run("E1234", top_k=3)["documents"]]


def test_unfit_arguments_are_refused(retriever: Any) -> None:
    with pytest.raises(ConfigError, match="top_k=0"):
        retriever.run("x", top_k=0)
    with pytest.raises(ConfigError, match="expected a HybridRetriever"):
        Qwen3HybridRetriever(object(), retriever.document_store)  # type: ignore[arg-type]
    with pytest.raises(InputTypeError):
        retriever.run(1)
