"""Queries with the passages that answer them: headings, synopses, words and names with their texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from .units import Unit


@dataclass(frozen=True)
class Pairs:
    """English queries with their answers, both with a target.

    Attributes:
        queries: What is asked.
        answers: The passage of the same number.
        query_targets: ``[n, 256]``.
        answer_targets: ``[n, 256]``.
        weights: ``[n]``, how likely each pair is drawn; a source counts with the root of its size.
    """

    queries: list[str]
    answers: list[str]
    query_targets: np.ndarray
    answer_targets: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, units: list[Unit], targets: np.ndarray) -> Pairs:
        """Return the pairs that the English units tell of; ``targets`` ``[n, 256]`` are the units'."""
        rows = {unit.text: row for row, unit in enumerate(units) if unit.lang == "en"}
        found = [(row, rows[units[row].answer or ""]) for row in rows.values() if units[row].answer in rows]
        asked, answering = np.array(found).T
        sizes = Counter(units[row].source for row in asked)
        weights = np.array([sizes[units[row].source] ** -0.5 for row in asked])
        return cls(
            [units[row].text for row in asked],
            [units[row].text for row in answering],
            targets[asked],
            targets[answering],
            weights / weights.sum(),
        )

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return the numbers of ``size`` different pairs."""
        return rng.choice(len(self.queries), size, replace=False, p=self.weights)

    def targets(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the targets of queries and answers, float32 ``[len(rows), 256]`` each."""
        query_targets, answer_targets = self.query_targets[rows], self.answer_targets[rows]
        return torch.from_numpy(query_targets.astype(np.float32)), torch.from_numpy(answer_targets.astype(np.float32))
