"""Settings side by side: means, the difference from the present setting with its interval, one sentence of advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from qwen3_embed_integrations.core.types import FloatArray

from .cutting import Cut, index_bytes
from .ranking import Scores
from .settings import Setting

FEW_QUESTIONS = 30
_DRAWS = 10_000
_INTERVAL = (2.5, 97.5)  # percentiles: 95 %
_SEED = 20_261_126


@dataclass(frozen=True)
class Result:
    """What a study finds of one setting; shares from 0 to 1.

    Attributes:
        setting: The setting.
        recall_at_1: Share of the quotes that the first chunk holds.
        recall_at_5: Share that the first five hold.
        recall_at_10: Share that the first ten hold.
        mrr: Mean reciprocal rank of the first chunk that holds a quote.
        recall_at_budget: Share of the quotes within an equal number of tokens of context.
        difference: `recall_at_budget` less that of the present setting.
        low: Lower end of the difference's 95 % interval, by a paired bootstrap over the questions.
        high: Its upper end.
        cut_in_two: Share of the quotes that no chunk holds as a whole.
        n_chunks: Number of chunks.
        n_tokens: Tokens that are embedded.
        index_bytes: Bytes of vectors and texts.
        query_ms: Median time to rank all chunks for a question, in milliseconds.
    """

    setting: Setting
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr: float
    recall_at_budget: float
    difference: float
    low: float
    high: float
    cut_in_two: float
    n_chunks: int
    n_tokens: int
    index_bytes: int
    query_ms: float

    @property
    def is_distinguishable(self) -> bool:
        """Whether the interval of the difference leaves out 0."""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        return {**asdict(self), "is_distinguishable": self.is_distinguishable}


def result(setting: Setting, cut: Cut, embeddings: FloatArray, scores: Scores, present: Scores) -> Result:
    """Return the means of a setting and its difference from the present one."""
    difference, low, high = bootstrap(scores.recall_at_budget - present.recall_at_budget)
    return Result(
        setting=setting,
        recall_at_1=float(scores.recall[1].mean()),
        recall_at_5=float(scores.recall[5].mean()),
        recall_at_10=float(scores.recall[10].mean()),
        mrr=float(scores.reciprocal_rank.mean()),
        recall_at_budget=float(scores.recall_at_budget.mean()),
        difference=difference,
        low=low,
        high=high,
        cut_in_two=cut.share_cut_in_two,
        n_chunks=len(cut.texts),
        n_tokens=int(cut.lengths.sum()),
        index_bytes=index_bytes(cut, embeddings),
        query_ms=scores.query_ms,
    )


def bootstrap(differences: FloatArray) -> tuple[float, float, float]:
    """Return the mean of paired differences `[n]` and its 95 % interval over 10,000 draws of the questions."""
    draws = np.random.default_rng(_SEED).integers(len(differences), size=(_DRAWS, len(differences)))
    low, high = np.percentile(differences[draws].mean(axis=1), _INTERVAL)
    return float(differences.mean()), float(low), float(high)


def advice(results: Sequence[Result], n_questions: int, budget: int) -> str:
    """Return one sentence: which setting to use.

    Args:
        results: The present setting first.
        n_questions: Number of questions.
        budget: Tokens of context of `recall_at_budget`.
    """
    better = [one for one in results[1:] if one.low > 0]
    if not better:
        return (
            f"Keep the present setting: on {n_questions} questions no other one is distinguishably better "
            f"within {budget:,} tokens of context."
        )
    best = max(better, key=lambda one: one.recall_at_budget)
    return (
        f"Use {best.setting.flags}: within {budget:,} tokens of context it finds {100 * best.difference:.1f} points "
        f"more of the quotes than the present setting ({100 * best.low:.1f} to {100 * best.high:.1f})."
    )
