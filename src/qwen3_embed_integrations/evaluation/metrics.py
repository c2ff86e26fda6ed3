"""Retrieval metrics of one ranked list, as trec_eval defines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qwen3_embed_integrations.core.types import FloatArray, IntArray

Relevance = Mapping[int, float]
"""Index of a relevant document → its grade, which is positive."""


def top(scores: FloatArray, k: int) -> IntArray:
    """Return the indices of each query's `k` highest scores: `[n, m]` → `[n, min(k, m)]`. Ties keep their order."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def ndcg(ranked: Sequence[int], relevance: Relevance, k: int) -> float:
    """Return the normalised discounted cumulative gain of the first `k`: the grade is the gain, log2 the discount."""
    gains = [relevance.get(document, 0.0) for document in ranked[:k]]
    ideal = sorted(relevance.values(), reverse=True)[:k]
    return _discounted(gains) / _discounted(ideal)


def recall(ranked: Sequence[int], relevance: Relevance, k: int) -> float:
    """Return the share of the relevant documents that are among the first `k`."""
    return sum(document in relevance for document in ranked[:k]) / len(relevance)


def reciprocal_rank(ranked: Sequence[int], relevance: Relevance, k: int) -> float:
    """Return 1 / rank of the first relevant document, or 0 if none is among the first `k`."""
    return next((1 / rank for rank, document in enumerate(ranked[:k], start=1) if document in relevance), 0.0)


def _discounted(gains: Sequence[float]) -> float:
    return float(sum(gain / np.log2(rank + 1) for rank, gain in enumerate(gains, start=1)))
