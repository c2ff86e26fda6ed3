"""Queries with the passages that answer them: headings, synopses, words and names with their texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from .units import Unit


@dataclass(frozen=True)
class Pairs:
    """English queries with their answers.

    Attributes:
        queries: What is asked.
        answers: The passage of the same number.
        weights: ``[n]``, how likely each pair is drawn; a source counts with the root of its size.
    """

    queries: list[str]
    answers: list[str]
    weights: np.ndarray

    @classmethod
    def of(cls, units: list[Unit]) -> Pairs:
        """Return the pairs that the English units tell of."""
        found = [unit for unit in units if unit.lang == "en" and unit.answer]
        sizes = Counter(unit.source for unit in found)
        weights = np.array([sizes[unit.source] ** -0.5 for unit in found])
        return cls([unit.text for unit in found], [unit.answer or "" for unit in found], weights / weights.sum())

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return the numbers of ``size`` different pairs."""
        return rng.choice(len(self.queries), size, replace=False, p=self.weights)
