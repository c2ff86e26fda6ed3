"""A figure with the scores it is made of: intervals need them, and a later model is compared with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .metrics import spearman

_RESAMPLES = 2000
_SLASH = "%2F"  # numpy keeps arrays under their names as files


@dataclass(frozen=True)
class Measured:
    """One figure's parts: a score for each query, pair or triple, percent; Spearman needs both columns."""

    scores: np.ndarray
    gold: np.ndarray | None = None

    def value(self, rows: np.ndarray | slice = slice(None)) -> float:
        """Return the figure over ``rows``."""
        if self.gold is None:
            return float(self.scores[rows].mean())
        return 100 * spearman(self.scores[rows], self.gold[rows])


def interval(measured: Measured, before: Measured | None = None, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a figure, or of its difference to ``before`` on the same rows."""
    rng = np.random.default_rng(seed)
    n = len(measured.scores)
    values = []
    for _ in range(_RESAMPLES):
        rows = rng.integers(0, n, n)
        values.append(measured.value(rows) - (before.value(rows) if before else 0.0))
    low, high = np.percentile(values, [2.5, 97.5])
    return round(float(low), 1), round(float(high), 1)


def save_scores(measured: Mapping[str, Measured], path: Path) -> None:
    """Write a system's scores, so that it need not be measured again."""
    arrays = {f"{key}#scores": figure.scores.astype(np.float32) for key, figure in measured.items()}
    arrays |= {
        f"{key}#gold": figure.gold.astype(np.float32) for key, figure in measured.items() if figure.gold is not None
    }
    np.savez_compressed(path, **{key.replace("/", _SLASH): values for key, values in arrays.items()})


def load_scores(path: Path) -> dict[str, Measured]:
    """Return what `save_scores` wrote."""
    with np.load(path) as arrays:
        names = [name for name in arrays.files if name.endswith("#scores")]
        return {
            name.removesuffix("#scores").replace(_SLASH, "/"): Measured(
                arrays[name], arrays[gold] if (gold := name.replace("#scores", "#gold")) in arrays.files else None
            )
            for name in names
        }
