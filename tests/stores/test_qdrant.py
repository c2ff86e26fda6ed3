"""QdrantHandle, and the traps of the three adapters over it."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pytest
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore
from langchain_qdrant import QdrantVectorStore
from llama_index.core.schema import TextNode
from llama_index.vector_stores.qdrant import QdrantVectorStore as NodeStore
from qdrant_client import QdrantClient, models

from qwen3_embed_integrations import ConfigError, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.stores import QdrantHandle, add_documents, guarded, handle_of
from qwen3_embed_integrations.stores.handle import LABEL_KEY

TEXTS = [f"text {i} of many" for i in range(30)]
IDS = [f"doc#{i}" for i in range(30)]


@pytest.fixture
def handle(qdrant: QdrantClient) -> QdrantHandle:
    found = QdrantHandle(qdrant, "docs")
    found.create(64)
    return found


def test_another_model_opens_unnoticed_in_langchain_and_is_refused_here(
    handle: QdrantHandle, embeddings: Qwen3Embeddings
) -> None:
    store = guarded(QdrantVectorStore(handle.client, "docs", embedding=embeddings), embeddings)
    other = Qwen3Embeddings(backend="fake", model="4B", dimension=64)
    opened = QdrantVectorStore(handle.client, "docs", embedding=other)  # the stock adapter compares the dimension alone
    assert store.collection_name == opened.collection_name
    with pytest.raises(SpaceMismatchError, match="weights: stored"):
        guarded(opened, other)


def test_a_wrong_dimension_fails_late_in_llama_index_and_is_refused_here(
    handle: QdrantHandle, encoder: Qwen3Encoder
) -> None:
    store = NodeStore("docs", client=handle.client)  # LlamaIndex's adapter compares nothing
    other = Qwen3Encoder(backend="fake", dimension=32)
    with pytest.raises(SpaceMismatchError, match="dimension: stored 64, now 32"):
        guarded(store, other)
    assert guarded(store, encoder) is store


def test_haystacks_default_dimension_is_refused_before_it_makes_a_collection(encoder: Qwen3Encoder) -> None:
    store = QdrantDocumentStore(":memory:", index="docs")
    with pytest.raises(ConfigError, match=r"embedding_dim=768.*Give embedding_dim=64"):
        guarded(store, encoder)
    assert store._client is None
    store = QdrantDocumentStore(":memory:", index="docs", embedding_dim=64)
    assert guarded(store, encoder) is store
    assert handle_of(store).label() is not None


def test_l2_is_refused_with_the_argument_to_give(qdrant: QdrantClient, embeddings: Qwen3Embeddings) -> None:
    config = models.VectorParams(size=64, distance=models.Distance.EUCLID)
    qdrant.create_collection("docs", vectors_config=config)
    store = QdrantVectorStore(qdrant, "docs", embedding=embeddings, distance=models.Distance.EUCLID)
    store.add_texts(["near", "far away"])
    scored = store.similarity_search_with_score("near", k=2)
    assert [score for _, score in scored] == sorted(score for _, score in scored)  # stock: the best has the least
    with pytest.raises(ConfigError, match=r"compares by l2.*distance=Distance\.COSINE"):
        guarded(store, embeddings)


def test_langchains_relevance_of_dot_is_reversed_and_refused(
    qdrant: QdrantClient, handle: QdrantHandle, embeddings: Qwen3Embeddings
) -> None:
    config = models.VectorParams(size=64, distance=models.Distance.DOT)
    qdrant.create_collection("dot", vectors_config=config)
    store = QdrantVectorStore(qdrant, "dot", embedding=embeddings, distance=models.Distance.DOT)
    store.add_texts(["near", "nearly as near"])
    scored = {d.page_content: s for d, s in store.similarity_search_with_relevance_scores("near", k=2)}
    best, _ = store.similarity_search_with_score("near", k=1)[0]
    assert scored[best.page_content] == min(scored.values())  # stock: 1 less the score
    with pytest.raises(ConfigError, match=r"distance=DOT over a collection of metric ip.*Distance\.COSINE"):
        guarded(store, embeddings)
    unchecked = {"distance": models.Distance.EUCLID, "validate_collection_config": False}
    store = QdrantVectorStore(qdrant, handle.collection, embedding=embeddings, **unchecked)
    with pytest.raises(ConfigError, match="distance=EUCLID over a collection of metric cosine"):
        guarded(store, embeddings)


def test_metadata_that_fails_halfway_is_refused_before(handle: QdrantHandle, embeddings: Qwen3Embeddings) -> None:
    store = QdrantVectorStore(handle.client, "docs", embedding=embeddings)
    metadatas = [{"n": 0}] * 5 + [{"n": object()}]
    with pytest.raises(ValueError, match="Unable to serialize unknown type"):
        store.add_texts(TEXTS[:6], metadatas, batch_size=2)
    assert handle.info().n_documents == 4  # stock: what came before is in
    with pytest.raises(ConfigError, match=r"Metadata 5 is no JSON.*Nothing was written"):
        add_documents(store, TEXTS[6:12], IDS[6:12], metadatas)
    assert handle.info().n_documents == 4


def test_strangers_metadata_stays(qdrant: QdrantClient, encoder: Qwen3Encoder) -> None:
    config = models.VectorParams(size=64, distance=models.Distance.COSINE)
    qdrant.create_collection("docs", vectors_config=config, metadata={"owner": "me"})
    guarded(QdrantHandle(qdrant, "docs"), encoder)
    metadata = qdrant.get_collection("docs").config.metadata or {}
    assert (metadata["owner"], metadata[LABEL_KEY]["fingerprint"]) == ("me", encoder.space.fingerprint)


def test_llama_index_nodes_are_sampled(handle: QdrantHandle, encoder: Qwen3Encoder) -> None:
    store = NodeStore("docs", client=handle.client)
    embedded = np.roll(encoder.encode_document(TEXTS[:3]), 1, axis=1)
    ids = [str(uuid.uuid4()) for _ in range(3)]
    store.add([TextNode(text=t, id_=i, embedding=e.tolist()) for t, i, e in zip(TEXTS, ids, embedded, strict=False)])
    with pytest.raises(SpaceMismatchError, match="its document 'text"):
        guarded(store, encoder)
    with pytest.raises(ConfigError, match="Give them to its index"):
        add_documents(store, TEXTS, IDS, encoder=encoder)


def test_the_first_stage_finds_what_a_stranger_wrote(qdrant: QdrantClient, embeddings: Qwen3Embeddings) -> None:
    handle = QdrantHandle(qdrant, "docs")
    handle.create(64, first=16)
    add_documents(handle, TEXTS, IDS, encoder=embeddings)
    stranger = QdrantVectorStore(qdrant, "docs", embedding=embeddings, vector_name="full")
    stranger.add_texts(["a kangaroo"])
    query = embeddings.encoder.encode_document(["a kangaroo"])[0]
    plain = qdrant.query_points(
        "docs",
        prefetch=models.Prefetch(query=query[:16].tolist(), using="first", limit=10),
        query=query.tolist(),
        using="full",
        limit=1,
    )
    assert plain.points[0].payload["page_content"] != "a kangaroo"  # the plain query of two stages misses it
    (hit,) = handle.search(query, 1, first=16)
    assert (hit.text, hit.score) == ("a kangaroo", pytest.approx(1, abs=1e-5))


def test_filters_are_passed_raw(handle: QdrantHandle, encoder: Qwen3Encoder) -> None:
    add_documents(handle, TEXTS, IDS, [{"n": i} for i in range(30)], encoder=encoder)
    wanted = models.Filter(must=[models.FieldCondition(key="metadata.n", range=models.Range(gte=28))])
    hits = handle.search(encoder.encode_query(["text 1"])[0], 5, where=wanted)
    assert {hit.metadata["n"] for hit in hits} == {28, 29}


def test_a_first_stage_that_is_not_there_is_refused(handle: QdrantHandle, encoder: Qwen3Encoder) -> None:
    query = encoder.encode_query(["text"])[0]
    with pytest.raises(ConfigError, match=r"no first stage of 16 numbers \(it has none\)"):
        handle.search(query, first=16)
    with pytest.raises(ConfigError, match="no first stage 64"):
        QdrantHandle(handle.client, "other").create(64, first=64)
    with pytest.raises(ConfigError, match="k=0"):
        handle.search(query, 0)


def test_several_vectors_need_a_name(qdrant: QdrantClient, encoder: Qwen3Encoder) -> None:
    config = models.VectorParams(size=64, distance=models.Distance.COSINE)
    qdrant.create_collection("docs", vectors_config={"text": config, "image": config})
    with pytest.raises(ConfigError, match=r"has the vectors text, image.*vector=…"):
        guarded(QdrantHandle(qdrant, "docs"), encoder)
    handle = QdrantHandle(qdrant, "docs", vector="text")
    add_documents(handle, TEXTS, IDS, encoder=encoder)
    assert handle.search(encoder.encode_document(TEXTS[:1])[0], 1)[0].id == IDS[0]


def test_local_mode_of_many_points_is_reported(handle: QdrantHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    assert handle.problems() == []
    monkeypatch.setattr("qwen3_embed_integrations.stores.qdrant._LOCAL_LIMIT", -1)
    (problem,) = handle.problems()
    assert "local mode" in problem.found


def test_points_of_a_failed_write_are_on_disk_as_in_memory(tmp_path: Path, encoder: Qwen3Encoder) -> None:
    client = QdrantClient(path=str(tmp_path))
    handle = QdrantHandle(client, "docs")
    handle.create(64)
    add_documents(handle, TEXTS, IDS, encoder=encoder)
    client.close()
    client = QdrantClient(path=str(tmp_path))
    assert QdrantHandle(client, "docs").info().n_documents == 30
    client.close()
