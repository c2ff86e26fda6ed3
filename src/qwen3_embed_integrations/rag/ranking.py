"""Ranking: why a passage stands where it does."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Ranking:
    """The scores that ordered a passage beside its cosine similarity.

    Attributes:
        fused: Of hybrid search, from 0 to 1.
        dense_rank: By cosine, from 1; None: not among the candidates.
        bm25: BM25's score; None: no word of the question stands in the passage.
        bm25_rank: From 1; None: not among the candidates.
        logit: The reranker's; None: not reranked.
    """

    fused: float | None = None
    dense_rank: int | None = None
    bm25: float | None = None
    bm25_rank: int | None = None
    logit: float | None = None

    def score(self, cosine: float) -> float:
        """Return the score that the passage is ordered by: P(relevant), the fused score, or the cosine."""
        if self.logit is not None:
            return 1 / (1 + math.exp(-min(max(self.logit, -500.0), 500.0)))  # beyond 709, exp overflows
        return cosine if self.fused is None else self.fused

    def reason(self, cosine: float) -> str:
        """Return one line that says where the score comes from."""
        sides = f"cosine {cosine:.3f}{_place(self.dense_rank)}"
        if self.fused is not None:
            words = "no common word" if self.bm25 is None else f"BM25 {self.bm25:.1f}{_place(self.bm25_rank)}"
            sides = f"{sides} and {words}: {self.fused:.3f}"
        return sides if self.logit is None else f"reranker {self.score(cosine):.3f} (logit {self.logit:.1f}); {sides}"

    def as_json(self) -> dict[str, Any]:
        """Return the known scores as JSON data."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in found.items()}


def _place(rank: int | None) -> str:
    return f" (rank {rank})" if rank else ""
