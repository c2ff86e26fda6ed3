"""Choose the passages to show among those found: no text twice, not all of one file, lists of links last."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qwen3_embed_integrations.core.types import FloatArray

from .passage import Passage

CANDIDATES = 50
"""Passages to retrieve for `select` to choose among; more for a large `top_k`."""

_NEARLY_THE_SAME = 0.8  # share of word triples in common
_WORD = re.compile(r"\w+")
_Triples = frozenset[tuple[str, ...]]


def n_candidates(top_k: int) -> int:
    """Return how many passages to retrieve so that `top_k` of them can be chosen."""
    return max(CANDIDATES, 5 * top_k)


def select(
    found: Sequence[Passage], top_k: int, *, per_file: int = 0, embeddings: FloatArray | None = None, mmr: float = 1.0
) -> list[Passage]:
    """Return `top_k` of the passages found, the best first.

    Of passages that say nearly the same the best is kept and names the others in `similar`. Lists of links come after
    all other passages. A file's passages beyond `per_file` come only where other files have too few.

    Args:
        found: Passages by falling score.
        top_k: Number of passages to return at most.
        per_file: Passages of one file to prefer at most; 0 for any number.
        embeddings: Their embeddings `[n, dim]` of norm 1, for `mmr`.
        mmr: Maximal marginal relevance: the weight of a passage's score against its likeness to those chosen, in
            [0, 1]; 1 takes the score alone.
    """
    order = sorted(range(len(found)), key=lambda number: found[number].kind == "links")
    if embeddings is not None and mmr < 1:
        order = _marginal(order, np.array([passage.score for passage in found]), embeddings, mmr)
    distinct = _distinct([found[number] for number in order])
    return _spread(distinct, top_k, per_file)[:top_k]


def _distinct(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages without those that nearly repeat one before them, which it names instead."""
    kept, triples = list[Passage](), list[_Triples]()
    for passage in passages:
        own = _triples(passage.text)
        same = next((number for number, other in enumerate(triples) if _likeness(own, other) >= _NEARLY_THE_SAME), None)
        if same is None:
            kept.append(passage)
            triples.append(own)
        elif passage.citation not in (kept[same].citation, *kept[same].similar):
            kept[same] = replace(kept[same], similar=(*kept[same].similar, passage.citation))
    return kept


def _spread(passages: Sequence[Passage], top_k: int, per_file: int) -> list[Passage]:
    if not per_file:
        return list(passages)
    first, later, counts = list[Passage](), list[Passage](), Counter[str]()
    for passage in passages:
        counts[passage.source] += 1
        (first if counts[passage.source] <= per_file else later).append(passage)
    chosen = [*first, *later][:top_k]
    return [passage for passage in passages if passage in chosen]  # by falling score again


def _marginal(order: Sequence[int], scores: FloatArray, embeddings: FloatArray, weight: float) -> list[int]:
    """Return the numbers in the order of their marginal relevance (Carbonell and Goldstein, 1998)."""
    left, chosen = list(order), list[int]()
    likeness = embeddings @ embeddings.T
    while left:
        nearest = likeness[np.ix_(left, chosen)].max(axis=1) if chosen else np.zeros(len(left))
        best = int(np.argmax(weight * scores[left] - (1 - weight) * nearest))
        chosen.append(left.pop(best))
    return chosen


def _triples(text: str) -> _Triples:
    words = _WORD.findall(text.casefold())
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset({tuple(words)})


def _likeness(left: _Triples, right: _Triples) -> float:
    return len(left & right) / len(left | right)
