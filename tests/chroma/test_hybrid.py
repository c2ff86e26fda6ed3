"""The BM25 index of a real Chroma collection in a folder."""

from __future__ import annotations

from pathlib import Path

import chromadb
import pytest
from chromadb.api import ClientAPI

from qwen3_embed_integrations import ConfigError, HybridRetriever, IndexChanges, Qwen3Encoder
from qwen3_embed_integrations.chroma import (
    hybrid,
    hybrid_retriever,
    open_bm25_index,
    open_collection,
    sync_bm25_index,
)

TEXTS = [
    "A cat sleeps on the warm roof all day",
    "A dog runs in the park and barks",
    "Error E1234 is raised when the id is unknown",
]


@pytest.fixture
def encoder() -> Qwen3Encoder:
    return Qwen3Encoder(model="tiny", backend="fake")


@pytest.fixture
def collection(client: ClientAPI, encoder: Qwen3Encoder):
    collection = open_collection(client, "pages", encoder)
    collection.add(ids=["cat", "dog", "code"], documents=TEXTS)
    return collection


def test_the_index_lies_beside_chromas_files_and_holds_the_documents(collection, tmp_path: Path) -> None:
    index = open_bm25_index(collection, tmp_path / "store")
    assert (tmp_path / "store" / f"bm25-{collection.id}.sqlite3").exists()
    assert [hit.id for hit in index.search("E1234")] == ["code"]
    assert sorted(index.ids()) == ["cat", "code", "dog"]
    assert chromadb.PersistentClient(str(tmp_path / "store")).get_collection("pages").count() == 3


def test_sync_follows_the_collection_page_by_page(collection, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(hybrid, "_PAGE", 2)
    index = open_bm25_index(collection, tmp_path, sync=False)
    assert sync_bm25_index(index, collection) == IndexChanges(n_added=3, n_deleted=0)
    assert sync_bm25_index(index, collection) == IndexChanges(n_added=0, n_deleted=0)
    collection.delete(ids=["cat"])
    collection.update(ids=["dog"], documents=["A bird sings"])
    collection.add(ids=["new"], documents=["A fish swims"])
    assert sync_bm25_index(index, collection) == IndexChanges(n_added=2, n_deleted=1)
    assert [hit.id for hit in index.search("sings swims barks cat")] == ["dog", "new"]


def test_documents_without_a_text_are_no_hits(client: ClientAPI, tmp_path: Path) -> None:
    bare = client.create_collection("bare", embedding_function=None)
    bare.add(ids=["a"], embeddings=[[1.0, 0.0]])
    assert open_bm25_index(bare, tmp_path).search("a") == []


@pytest.mark.parametrize("space", ["cosine", "l2", "ip"])
def test_cosines_are_those_of_the_embeddings(client, encoder, tmp_path: Path, space) -> None:
    collection = client.create_collection(
        f"by-{space}", configuration={"hnsw": {"space": space}}, embedding_function=None
    )  # fmt: skip
    documents = encoder.encode_document(TEXTS)
    collection.add(ids=["cat", "dog", "code"], embeddings=documents, documents=TEXTS)
    found = hybrid_retriever(collection, encoder, open_bm25_index(collection, tmp_path)).retrieve("cat E1234")
    expected = dict(zip(["cat", "dog", "code"], documents @ encoder.encode_query(["cat E1234"])[0], strict=True))
    assert {hit.id: hit.dense_score for hit in found} == pytest.approx(expected, abs=1e-5)


def test_a_retriever_drops_what_the_collection_lost_and_finds_what_it_gained(collection, encoder, tmp_path) -> None:
    index = open_bm25_index(collection, tmp_path)
    retriever = hybrid_retriever(collection, encoder, index, dense_weight=0.5)
    assert isinstance(retriever, HybridRetriever)
    assert retriever.retrieve("E1234")[0].id == "code"
    collection.delete(ids=["code"])
    collection.add(ids=["late"], documents=["E1234 again"])
    assert [hit.id for hit in retriever.retrieve("E1234", 1)] == ["late"]
    assert sorted(index.ids()) == ["cat", "dog", "late"]


def test_a_document_beyond_the_dense_candidates_gets_its_cosine(collection, encoder) -> None:
    embedding = encoder.encode_query(["E1234"])[0]
    search = hybrid._Search(collection)
    assert search.scores(embedding, ["code", "gone"]) == pytest.approx(
        {name: score for name, score in search.nearest(embedding, 3) if name == "code"}, abs=1e-5
    )
    assert search.scores(embedding, ["gone"]) == {}


def test_what_is_no_encoder_is_rejected(collection, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Can't embed with str"):
        hybrid_retriever(collection, "tiny", open_bm25_index(collection, tmp_path))
