"""FaissHandle, and the traps of LangChain's and LlamaIndex's stores over it."""

from __future__ import annotations

import warnings
from pathlib import Path

import faiss
import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # langchain-community is being sunset
    from langchain_community.vectorstores import FAISS
    from langchain_community.vectorstores.utils import DistanceStrategy
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.vector_stores.faiss import FaissVectorStore

from qwen3_embed_integrations import ConfigError, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.stores import FaissHandle, add_documents, guarded, handle_of
from qwen3_embed_integrations.stores.faiss import create_index, relevance, save
from vector_stores import faiss_store

TEXTS = [f"text {i} of many" for i in range(300)]
IDS = [f"doc#{i}" for i in range(300)]


@pytest.mark.parametrize("strategy", [DistanceStrategy.EUCLIDEAN_DISTANCE, DistanceStrategy.COSINE])
def test_langchains_defaults_are_l2_and_refused(embeddings: Qwen3Embeddings, strategy: DistanceStrategy) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of relevance scores below 0
        store = FAISS.from_texts(["near", "far away"], embeddings, distance_strategy=strategy)
    assert store.index.metric_type == faiss.METRIC_L2  # stock: for COSINE too
    with pytest.raises(ConfigError, match=r"compares by l2.*MAX_INNER_PRODUCT.*relevance"):
        guarded(store, embeddings)


def test_langchains_inner_product_keeps_the_worst_and_is_refused(embeddings: Qwen3Embeddings) -> None:
    strategy = DistanceStrategy.MAX_INNER_PRODUCT
    texts = ["near", "far away"]
    store = FAISS.from_texts(texts, embeddings, distance_strategy=strategy)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept = store.similarity_search_with_relevance_scores("near", k=2, score_threshold=0.5)
    best, _ = store.similarity_search_with_score("near", k=1)[0]
    assert best.page_content not in [document.page_content for document, _ in kept]  # stock: the best is dropped
    with pytest.raises(ConfigError, match=r"score_threshold would keep the worst.*relevance_score_fn"):
        guarded(store, embeddings)
    store = FAISS.from_texts(texts, embeddings, distance_strategy=strategy, relevance_score_fn=relevance)
    assert guarded(store, embeddings) is store
    kept = store.similarity_search_with_relevance_scores("near", k=2, score_threshold=0.5)
    assert [document.page_content for document, _ in kept] == [best.page_content]
    assert (relevance(1.00001), relevance(-0.2)) == (1, 0)


def test_a_wrong_distance_strategy_over_a_right_index_is_refused(embeddings: Qwen3Embeddings) -> None:
    store = faiss_store(embeddings)
    store.distance_strategy = DistanceStrategy.EUCLIDEAN_DISTANCE
    with pytest.raises(ConfigError, match="made with distance_strategy=EUCLIDEAN_DISTANCE"):
        guarded(store, embeddings)


def test_llama_index_over_l2_calls_distances_similarities_and_is_refused(encoder: Qwen3Encoder) -> None:
    near, far = encoder.encode_document(["near", "far away"]).tolist()
    store = FaissVectorStore(faiss.IndexFlatL2(64))  # as in the tutorials
    store.add([TextNode(text="near", embedding=near), TextNode(text="far", embedding=far)])
    found = store.query(VectorStoreQuery(query_embedding=near, similarity_top_k=2))
    assert found.similarities[0] < found.similarities[1]  # stock: a cutoff drops the best
    with pytest.raises(ConfigError, match=r"compares by l2.*create_index"):
        guarded(store, encoder)
    store = FaissVectorStore(create_index(64))
    assert guarded(store, encoder) is store


def test_another_dimension_is_named() -> None:
    other = Qwen3Embeddings(backend="fake", dimension=32)
    store = faiss_store(other)
    with pytest.raises(AssertionError, match=r"^$"):
        store.similarity_search("near")  # stock: an error without a word
    with pytest.raises(SpaceMismatchError, match="dimension: stored 64, now 32"):
        guarded(store, other)


def test_a_saved_store_is_known_when_it_is_loaded(tmp_path: Path, embeddings: Qwen3Embeddings) -> None:
    store = faiss_store(embeddings)
    add_documents(store, TEXTS, IDS)
    save(store, tmp_path, embeddings)
    other = Qwen3Embeddings(backend="fake", model="4B", dimension=64)

    def load(function: Qwen3Embeddings) -> FAISS:
        return FAISS.load_local(
            str(tmp_path),
            function,
            allow_dangerous_deserialization=True,
            distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
            relevance_score_fn=relevance,
        )

    loaded = guarded(load(embeddings), embeddings, folder=tmp_path)
    assert loaded.similarity_search(TEXTS[7], k=1)[0].page_content == TEXTS[7]
    with pytest.raises(SpaceMismatchError, match="weights: stored"):
        guarded(load(other), other, folder=tmp_path)


def test_a_strangers_save_over_the_label_is_noticed(tmp_path: Path, embeddings: Qwen3Embeddings) -> None:
    store = faiss_store(embeddings)
    add_documents(store, TEXTS, IDS)
    save(store, tmp_path, embeddings)
    stranger = faiss_store(embeddings)
    moved = np.roll(embeddings.encoder.encode_document(TEXTS), 1, axis=1)
    stranger.add_embeddings(list(zip(TEXTS, moved, strict=True)), ids=IDS)
    stranger.save_local(str(tmp_path))
    with pytest.raises(SpaceMismatchError, match="embedded again"):
        guarded(stranger, embeddings, folder=tmp_path)


def test_two_stages_take_whole_embeddings_and_survive_a_file(tmp_path: Path, encoder: Qwen3Encoder) -> None:
    index = create_index(64, first=16)
    embedded = encoder.encode_document(TEXTS)
    index.add(embedded)
    faiss.write_index(index, str(tmp_path / "index.faiss"))
    handle = FaissHandle(faiss.read_index(str(tmp_path / "index.faiss")))
    query = encoder.encode_query(["text 7"])[0]
    exact = np.argsort(-(embedded @ query))[:5]
    hits = handle.search(query, 5, first=16, widen=60)
    assert [int(hit.id) for hit in hits] == exact.tolist()
    assert [hit.score for hit in hits] == pytest.approx((embedded @ query)[exact].tolist(), abs=1e-5)
    assert handle.info().metric == "ip"


def test_two_stages_serve_langchain_unchanged(embeddings: Qwen3Embeddings) -> None:
    store = guarded(faiss_store(embeddings, create_index(64, first=16, widen=60)), embeddings)
    add_documents(store, TEXTS, IDS)
    assert store.similarity_search(TEXTS[11], k=1)[0].id == IDS[11]


def test_a_graph_that_cannot_delete_loses_nothing(embeddings: Qwen3Embeddings) -> None:
    store = faiss_store(embeddings, create_index(64, first=16, widen=60))
    add_documents(store, TEXTS, IDS)
    with pytest.raises(ConfigError, match="IndexRefineFlat can't delete, so 2 documents can't be replaced"):
        add_documents(store, ["a", "b"], IDS[:2], existing="overwrite")
    assert store.similarity_search(TEXTS[1], k=1)[0].id == IDS[1]
    assert handle_of(store).problems() == []


def test_what_faiss_cannot_do_is_said(encoder: Qwen3Encoder) -> None:
    handle, query = FaissHandle(create_index(64)), encoder.encode_query(["text"])[0]
    with pytest.raises(ConfigError, match="FAISS can't filter"):
        handle.search(query, where={})
    with pytest.raises(ConfigError, match=r"IndexFlatIP, which has one stage.*first=16"):
        handle.search(query, first=16)
    with pytest.raises(ConfigError, match="holds no ids"):
        add_documents(handle, ["a"], ["a"], encoder=encoder)
    with pytest.raises(ConfigError, match=r"is not saved.*stores\.faiss\.save"):
        handle.set_label({})
    assert handle.search(query) == []
    with pytest.raises(ConfigError, match="a query of 32 numbers, expected 64"):
        handle.search(query[:32])


def test_a_large_flat_index_is_reported(monkeypatch: pytest.MonkeyPatch, encoder: Qwen3Encoder) -> None:
    index = create_index(64)
    index.add(encoder.encode_document(TEXTS))
    assert handle_of(index).problems() == []
    monkeypatch.setattr("qwen3_embed_integrations.stores.faiss._MANY", 100)
    (problem,) = handle_of(index).problems()
    assert "compares a query with each of 300 vectors" in problem.found
