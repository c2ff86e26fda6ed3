"""Rank the chunks of one cut for every question, and score the ranked lists by the quotes that they hold."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.evaluation import top

from .cutting import Coverage, Cut

HELD = 0.5
"""Share of a quote's characters that a chunk has to hold to count as its answer."""

DEPTHS = (1, 5, 10)
_DEEPEST = 1_000  # ranked chunks of a question


@dataclass(frozen=True)
class Scores:
    """The scores of every question `[n_questions]`, each from 0 to 1.

    Attributes:
        recall: Share of the question's quotes that the first 1, 5 and 10 chunks hold, by that number.
        reciprocal_rank: 1 / rank of the first chunk that holds a quote, 0 beyond the tenth.
        recall_at_budget: Share of the quotes in as many chunks as fit into a given number of tokens. Settings with
            chunks of different lengths are fairly compared by this one alone.
        query_ms: Median time to score and rank all chunks for a question, in milliseconds.
    """

    recall: Mapping[int, FloatArray]
    reciprocal_rank: FloatArray
    recall_at_budget: FloatArray
    query_ms: float


def score(cut: Cut, embeddings: FloatArray, queries: FloatArray, *, budget: int) -> Scores:
    """Return the scores of every question.

    Args:
        cut: The chunks and the parts of quotes that they hold.
        embeddings: Embeddings of the chunks, `[n_chunks, dim]` of norm 1.
        queries: Embeddings of the questions, `[n_questions, dim]` of norm 1.
        budget: Tokens of context that `recall_at_budget` allows.
    """
    ranked, times = list[list[int]](), list[float]()
    for query in queries:
        started = time.perf_counter()
        ranked.append(top(query[None, :] @ embeddings.T, _DEEPEST)[0].tolist())
        times.append(1_000 * (time.perf_counter() - started))
    pairs = list(zip(ranked, cut.coverage, strict=True))
    return Scores(
        {
            depth: np.array([_share(parts, dict.fromkeys(found[:depth], 1.0)) for found, parts in pairs])
            for depth in DEPTHS
        },
        np.array([_reciprocal_rank(found[: DEPTHS[-1]], parts) for found, parts in pairs]),
        np.array([_share(parts, _within(found, cut, budget)) for found, parts in pairs]),
        float(np.median(times)),
    )


def _within(ranked: Sequence[int], cut: Cut, budget: int) -> dict[int, float]:
    """Return the first chunks that fit into the budget, each with the share of it that does: the last one is cut."""
    shares, left = dict[int, float](), budget
    for number in ranked:
        if left <= 0:
            break
        length = max(int(cut.lengths[number]), 1)
        shares[number] = min(1.0, left / length)
        left -= length
    return shares


def _share(quotes: Sequence[Sequence[Coverage]], shown: Mapping[int, float]) -> float:
    return float(np.mean([any(_holds(part, shown.get(part.chunk, 0.0)) for part in parts) for parts in quotes]))


def _holds(part: Coverage, shown: float) -> bool:
    """Return whether the part of the chunk that is shown, from its beginning, holds half of the quote."""
    if shown >= part.until:
        return part.share >= HELD
    length = part.until - part.begin
    return part.share * max(shown - part.begin, 0.0) / length >= HELD


def _reciprocal_rank(ranked: Sequence[int], quotes: Sequence[Sequence[Coverage]]) -> float:
    right = {part.chunk for parts in quotes for part in parts if _holds(part, 1.0)}
    return next((1 / rank for rank, number in enumerate(ranked, start=1) if number in right), 0.0)
