"""Fuse several rankings of documents into one: by ranks (RRF) or by scores (convex combination)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qwen3_embed_integrations.core.errors import ConfigError

RRF_K = 60
"""Cormack, Clarke and Büttcher 2009: "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning"."""


class ScoredDocument(NamedTuple):
    """A document's id and its score."""

    id: str
    score: float


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[str]], *, k: int = RRF_K, weights: Sequence[float] | None = None
) -> list[ScoredDocument]:
    """Return the documents of all rankings, ordered by the sum of weight / (k + rank); ranks start from 1.

    Example:
        >>> [one.id for one in reciprocal_rank_fusion([["a", "b"], ["b", "c"]])]
        ['b', 'a', 'c']

    Args:
        rankings: Ids, best first; each id once in a ranking.
        k: The higher, the less the first ranks stand out.
        weights: One a ranking, as given; None: 1 each.

    Returns:
        Best first. Equal scores are ordered by the best single rank, then by the order of the rankings.

    Raises:
        ConfigError: An id stands twice in a ranking, `k` is negative, or the weights don't fit.
    """
    if not (0 <= k < math.inf):
        raise ConfigError(f"Found k={k!r}, expected a number of at least 0.")
    scores: dict[str, float] = {}
    best: dict[str, int] = {}
    for ranking, weight in zip(rankings, _checked_weights(weights, len(rankings)), strict=True):
        if len(set(ranking)) != len(ranking):
            raise ConfigError("An id stands twice in a ranking. Keep its best rank only.")
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + weight / (k + rank)
            best[name] = min(best.get(name, rank), rank)
    return [ScoredDocument(name, scores[name]) for name in sorted(scores, key=lambda name: (-scores[name], best[name]))]


def convex_combination(
    scores: Sequence[Mapping[str, float]], *, weights: Sequence[float] | None = None
) -> list[ScoredDocument]:
    """Return the documents of all mappings, ordered by the weighted mean of their scores; a missing score is 0.

    The sides must have one scale.

    Args:
        scores: Id → score, one mapping a side.
        weights: One a side; they are divided by their sum. None: equal ones.

    Returns:
        Best first; equal scores keep the order of the mappings.

    Raises:
        ConfigError: A score is not finite, or the weights don't fit.
    """
    shares = _checked_weights(weights, len(scores))
    total = sum(shares) or 1.0
    fused: dict[str, float] = {}
    for side, share in zip(scores, shares, strict=True):
        _check_finite(side)
        for name, score in side.items():
            fused[name] = fused.get(name, 0.0) + share / total * score
    return [ScoredDocument(name, fused[name]) for name in sorted(fused, key=lambda name: -fused[name])]


def _checked_weights(weights: Sequence[float] | None, n_sides: int) -> list[float]:
    if weights is None:
        return [1.0] * n_sides
    if len(weights) != n_sides:
        raise ConfigError(f"Found {len(weights)} weights for {n_sides} rankings. Give one for each.")
    if not all(0 <= weight < math.inf for weight in weights) or not any(weights):
        raise ConfigError(f"Found weights={list(weights)!r}, expected numbers of at least 0, not all of them 0.")
    return [float(weight) for weight in weights]


def _check_finite(scores: Mapping[str, float]) -> None:
    for name, score in scores.items():
        if not math.isfinite(score):
            raise ConfigError(f"Document {name!r} has the score {score!r}, expected a finite number.")
