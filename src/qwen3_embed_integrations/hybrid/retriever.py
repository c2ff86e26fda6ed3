"""HybridRetriever: ask the vector store and the BM25 index, fuse both rankings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.inputs import checked_text
from qwen3_embed_integrations.core.types import FloatArray

from .bm25_index import BM25Index
from .fusion import ScoredDocument, convex_combination, reciprocal_rank_fusion

Fusion = Literal["weighted", "rrf"]
DenseSearch = Callable[[FloatArray, int], Sequence[tuple[str, float]]]
"""(query embedding `[dimension]`, k) → at most k (id, cosine), best first."""
DenseScores = Callable[[FloatArray, Sequence[str]], Mapping[str, float]]
"""(query embedding `[dimension]`, ids) → cosine of each of these documents that the store still has."""

DENSE_WEIGHT = 0.8
_CANDIDATES = 50
_CANDIDATES_PER_HIT = 5


class QueryEncoder(Protocol):
    """What embeds a query: a Qwen3Encoder."""

    def encode_query(self, texts: Iterable[str], /) -> FloatArray:
        """Return `[n, dimension]` float32."""
        ...

    async def aencode_query(self, texts: Iterable[str], /) -> FloatArray:
        """Async twin of `encode_query`."""
        ...


@dataclass(frozen=True)
class HybridHit:
    """A document that was found, and why. `str(hit)` is one line that says so.

    Attributes:
        id: The document's id.
        score: The fused score: a weighted mean of cosine and BM25 with fusion="weighted", the sum of
            weight / (60 + rank) with "rrf".
        dense_score: Cosine to the query; None: the vector store did not say.
        bm25_score: None: the document has no term of the query.
        dense_rank: From 1; None: not among the candidates of the vector store.
        bm25_rank: From 1; None: not among the candidates of BM25.
    """

    id: str
    score: float
    dense_score: float | None
    bm25_score: float | None
    dense_rank: int | None
    bm25_rank: int | None

    def __str__(self) -> str:
        dense = _side("dense", self.dense_score, self.dense_rank)
        return f"{self.id}: {self.score:.4f} ({dense}; {_side('BM25', self.bm25_score, self.bm25_rank)})"


class HybridRetriever:
    """Find documents by meaning and by words. Safe to use from many threads.

    The vector store is the one truth. A document that it no longer has is never returned and is deleted from the BM25
    index; `sync` is called when the two are seen to differ.

    Example:
        >>> index = BM25Index()
        >>> index.add(["a", "b"], ["Cats sleep all day", "The tower stands in Paris"])
        2
        >>> from qwen3_embed_integrations import Qwen3Encoder
        >>> nearest = lambda embedding, k: [("a", 0.4), ("b", 0.3)]  # ask your vector store here
        >>> retriever = HybridRetriever(Qwen3Encoder(model="tiny"), nearest, index)
        >>> print(retriever.retrieve("the tower in Paris", 1)[0])
        a: 0.3200 (dense 0.400, rank 1; BM25 none)

    Args:
        encoder: What embeds the query.
        dense_search: Search the vector store.
        bm25_index: The documents' terms, under the ids of the vector store.
        dense_scores: Look up the cosine of documents that only BM25 found. None: they count as 0, and a document that
            the store no longer has is not noticed.
        sync: Make the BM25 index equal to the vector store; called at most once a query. None: never.
        fusion: "weighted": dense_weight x cosine + (1 - dense_weight) x BM25 score / the most that one term can add to
            it (`BM25Index.max_term_score`). "rrf": reciprocal rank fusion, for sides whose scores mean nothing.
        dense_weight: Share of the dense side, from 0 to 1.
        n_candidates: Documents that each side is asked for; at least five times `k` are.

    Raises:
        ConfigError: An option is out of range.
    """

    def __init__(  # noqa: PLR0913 - two sides, and how they are fused
        self,
        encoder: QueryEncoder,
        dense_search: DenseSearch,
        bm25_index: BM25Index,
        *,
        dense_scores: DenseScores | None = None,
        sync: Callable[[], object] | None = None,
        fusion: Fusion = "weighted",
        dense_weight: float = DENSE_WEIGHT,
        n_candidates: int = _CANDIDATES,
    ) -> None:
        if fusion not in ("weighted", "rrf"):
            raise ConfigError(f'Unknown fusion {fusion!r}. Use "weighted" or "rrf".')
        if not 0 <= dense_weight <= 1:
            raise ConfigError(f"Found dense_weight={dense_weight!r}, expected a number from 0 to 1.")
        if isinstance(n_candidates, bool) or not isinstance(n_candidates, int) or n_candidates < 1:
            raise ConfigError(f"Found n_candidates={n_candidates!r}, expected a positive integer.")
        self.encoder, self.bm25_index = encoder, bm25_index
        self._dense_search, self._dense_scores, self._sync = dense_search, dense_scores, sync
        self.fusion, self.dense_weight, self.n_candidates = fusion, dense_weight, n_candidates

    def retrieve(self, query: str, k: int = 10) -> list[HybridHit]:
        """Return the `k` best documents, best first; equal scores keep the order of the dense side, then of BM25.

        Raises:
            ConfigError: `k` is not a positive integer.
            InputTypeError: The query is not a `str`.
            BM25IndexError: The index can't be read.
        """
        _check(query, k)
        return self._retrieve(query, self.encoder.encode_query([query])[0], k)

    async def aretrieve(self, query: str, k: int = 10) -> list[HybridHit]:
        """Async twin of `retrieve`: the event loop stays free."""
        _check(query, k)
        embedding = (await self.encoder.aencode_query([query]))[0]
        return await asyncio.to_thread(self._retrieve, query, embedding, k)

    def retrieve_by_embedding(self, query: str, embedding: FloatArray, k: int = 10) -> list[HybridHit]:
        """Return what `retrieve` does for a query that is embedded already: `[dimension]`."""
        _check(query, k)
        return self._retrieve(query, embedding, k)

    def _retrieve(self, query: str, embedding: FloatArray, k: int) -> list[HybridHit]:
        n_candidates = max(self.n_candidates, _CANDIDATES_PER_HIT * k)
        dense = {name: float(score) for name, score in self._dense_search(embedding, n_candidates)}
        if self._sync is not None and self.bm25_index.missing(dense):
            self._sync()
        bm25 = dict(self.bm25_index.search(query, n_candidates, include=dense))
        dense_ranks, bm25_ranks = _ranks(dense), _ranks(list(bm25)[:n_candidates])
        extra = [name for name in bm25 if name not in dense]
        if self._dense_scores is not None and extra:
            known = self._dense_scores(embedding, extra)
            dense = {**dense, **{name: float(known[name]) for name in extra if name in known}}
            gone = [name for name in extra if name not in known]
            self.bm25_index.delete(gone)
            bm25 = {name: score for name, score in bm25.items() if name not in gone}
        fused = self._fused(dense, bm25, dense_ranks, bm25_ranks)
        return [
            HybridHit(name, score, dense.get(name), bm25.get(name), dense_ranks.get(name), bm25_ranks.get(name))
            for name, score in fused[:k]
        ]

    def _fused(
        self,
        dense: Mapping[str, float],
        bm25: Mapping[str, float],
        dense_ranks: Mapping[str, int],
        bm25_ranks: Mapping[str, int],
    ) -> list[ScoredDocument]:
        weights = (self.dense_weight, 1 - self.dense_weight)
        if self.fusion == "rrf":
            ranked = list(dense_ranks), [name for name in bm25_ranks if name in bm25]
            return reciprocal_rank_fusion(ranked, weights=weights)
        unit = self.bm25_index.max_term_score() if bm25 else 1.0
        return convex_combination([dense, {name: score / unit for name, score in bm25.items()}], weights=weights)


def _check(query: str, k: int) -> None:
    checked_text(query, "query")
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ConfigError(f"Found k={k!r}, expected a positive integer.")


def _ranks(names: Iterable[str]) -> dict[str, int]:
    return {name: rank for rank, name in enumerate(names, start=1)}


def _side(what: str, score: float | None, rank: int | None) -> str:
    if score is None:
        return f"{what} none"
    return f"{what} {score:.3f}, " + (f"rank {rank}" if rank else "not among the candidates")
