"""The retriever over a real encoder, a store that is a dictionary of embeddings, and a real BM25 index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, InputTypeError, Qwen3Encoder
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.hybrid import BM25Index, HybridRetriever

TEXTS = {
    "cat": "A cat sleeps on the warm roof all day",
    "dog": "A dog runs in the park and barks",
    "code": "Error E1234 is raised by getUserName when the id is unknown",
    "food": "Rice and beans make a cheap meal",
}


class Store:
    """A vector store in memory: the one truth."""

    def __init__(self, encoder: Qwen3Encoder, texts: dict[str, str]) -> None:
        self.texts = dict(texts)
        self.embeddings = dict(zip(texts, encoder.encode_document(list(texts.values())), strict=True))

    def search(self, embedding: FloatArray, k: int) -> list[tuple[str, float]]:
        found = self.scores(embedding, list(self.embeddings))
        return sorted(found.items(), key=lambda item: -item[1])[:k]

    def scores(self, embedding: FloatArray, ids: Sequence[str]) -> dict[str, float]:
        return {name: float(self.embeddings[name] @ embedding) for name in ids if name in self.embeddings}

    def remove(self, name: str) -> None:
        del self.texts[name], self.embeddings[name]


@pytest.fixture
def encoder() -> Qwen3Encoder:
    return Qwen3Encoder(model="tiny", backend="fake")


@pytest.fixture
def store(encoder: Qwen3Encoder) -> Store:
    return Store(encoder, TEXTS)


@pytest.fixture
def index() -> BM25Index:
    index = BM25Index()
    index.add(list(TEXTS), TEXTS.values())
    return index


def made(encoder: Qwen3Encoder, store: Store, index: BM25Index, **options) -> HybridRetriever:
    def sync() -> None:
        index.sync(store.texts, lambda ids: [store.texts[name] for name in ids])

    return HybridRetriever(encoder, store.search, index, dense_scores=store.scores, sync=sync, **options)


def test_a_hit_says_why_it_was_found(encoder, store, index) -> None:
    hits = made(encoder, store, index).retrieve("What raises E1234?")
    first, *others = hits
    cosine = float(encoder.encode_query(["What raises E1234?"])[0] @ store.embeddings["code"])
    assert (first.id, first.dense_score) == ("code", pytest.approx(cosine))
    assert (first.bm25_rank, first.bm25_score) == (1, index.search("What raises E1234?")[0].score)
    assert str(first).startswith(f"code: {first.score:.4f} (dense {cosine:.3f}, rank ")
    assert {hit.bm25_score for hit in others} == {None}
    assert "BM25 none" in str(others[0])
    assert len(hits) == 4


def test_the_score_is_the_weighted_mean_of_both_sides(encoder, store, index) -> None:
    hits = made(encoder, store, index, dense_weight=0.6).retrieve("a cat in the park")
    unit = 2.2 * np.log(len(index) + 1)
    for hit in hits:
        assert hit.score == pytest.approx(0.6 * hit.dense_score + 0.4 * (hit.bm25_score or 0) / unit)


@pytest.mark.parametrize(("dense_weight", "first"), [(1.0, "dog"), (0.0, "code")])
def test_a_weight_of_0_or_1_leaves_one_side(encoder, index, dense_weight, first) -> None:
    def search(embedding: FloatArray, k: int) -> list[tuple[str, float]]:
        del embedding
        return [("dog", 0.9), ("cat", 0.5)][:k]

    retriever = HybridRetriever(encoder, search, index, dense_weight=dense_weight)
    assert retriever.retrieve("E1234", 1)[0].id == first


def test_rrf_fuses_the_ranks(encoder, store, index) -> None:
    retriever = made(encoder, store, index, fusion="rrf", dense_weight=0.5)
    for hit in retriever.retrieve("a cat in the park"):
        ranks = [rank for rank in (hit.dense_rank, hit.bm25_rank) if rank]
        assert hit.score == pytest.approx(sum(0.5 / (60 + rank) for rank in ranks))


def test_a_document_that_only_bm25_found_gets_its_cosine(encoder, store, index) -> None:
    index.add([f"x{n}" for n in range(9)], ["filler"] * 9)
    retriever = HybridRetriever(
        encoder, lambda embedding, _: store.search(embedding, 1), index, dense_scores=store.scores, n_candidates=1
    )
    hits = retriever.retrieve("cat sleeps; error E1234 of getUserName", 4)
    assert {hit.id for hit in hits} >= {"cat", "code"}
    assert sum(hit.dense_rank is None for hit in hits) == len(hits) - 1
    assert all(hit.dense_score is not None for hit in hits)
    assert any("not among the candidates" in str(hit) for hit in hits)


def test_a_document_that_the_store_has_no_longer_is_never_returned_and_leaves_the_index(encoder, store, index) -> None:
    store.remove("code")
    assert "code" not in {hit.id for hit in made(encoder, store, index).retrieve("E1234 getUserName")}
    assert index.missing(["code"]) == ["code"]


@pytest.mark.parametrize("stored", [[], ["cat"]])
def test_an_index_that_lacks_documents_of_the_store_is_filled_from_it(encoder, store, stored) -> None:
    index = BM25Index()
    index.add(stored, [TEXTS[name] for name in stored])
    assert made(encoder, store, index).retrieve("E1234")[0].bm25_rank == 1
    assert sorted(index.ids()) == sorted(TEXTS)


def test_without_sync_and_scores_the_index_is_left_alone(encoder, store, index) -> None:
    store.remove("code")
    hit = HybridRetriever(encoder, store.search, index, dense_weight=0.0).retrieve("E1234")[0]
    assert (hit.id, hit.dense_score, hit.dense_rank) == ("code", None, None)
    assert len(index) == 4


def test_a_query_without_terms_keeps_the_dense_order(encoder, store, index) -> None:
    hits = made(encoder, store, index).retrieve("🎉")
    assert [hit.id for hit in hits] == [name for name, _ in store.search(encoder.encode_query(["🎉"])[0], 10)]


def test_an_empty_store_has_no_hits(encoder, index) -> None:
    retriever = HybridRetriever(encoder, lambda *_: [], index, dense_scores=lambda *_: {})
    assert retriever.retrieve("cat") == []
    assert index.search("cat") == []


async def test_the_async_twin_and_a_given_embedding_find_the_same(encoder, store, index) -> None:
    retriever = made(encoder, store, index)
    found = retriever.retrieve("a cat in the park", 2)
    assert await retriever.aretrieve("a cat in the park", 2) == found
    embedding = encoder.encode_query(["a cat in the park"])[0]
    assert retriever.retrieve_by_embedding("a cat in the park", np.asarray(embedding), 2) == found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fusion": "sum"}, "Unknown fusion 'sum'"),
        ({"dense_weight": 1.5}, "from 0 to 1"),
        ({"n_candidates": 0}, "n_candidates=0"),
    ],
)
def test_unfit_options_are_rejected(encoder, store, index, options, message) -> None:
    with pytest.raises(ConfigError, match=message):
        made(encoder, store, index, **options)


def test_unfit_queries_are_rejected(encoder, store, index) -> None:
    with pytest.raises(InputTypeError):
        made(encoder, store, index).retrieve(["a"])
    with pytest.raises(ConfigError, match="k=0"):
        made(encoder, store, index).retrieve("a", 0)
