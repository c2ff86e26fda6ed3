"""Queries with the passages that answer them: headings, synopses, words and names with their texts."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from .units import Unit

_DICTIONARIES = frozenset({"wordnet", "gcide", "foldoc"})
_DICTIONARY_SHARE = 0.25
_ONE_TOPIC = 0.7


@dataclass(frozen=True)
class Pairs:
    """English queries with their answers, both with a target.

    Attributes:
        queries: What is asked.
        answers: The passage of the same number.
        query_targets: ``[n, 256]``.
        answer_targets: ``[n, 256]``.
        weights: ``[n]``, how likely each pair is drawn: a quarter dictionaries, the rest manuals and
            descriptions; a source counts with the root of its size.
        sources: ``[n]``, the number of each pair's source.
        translations: By English text its translations, for queries and answers alike.
    """

    queries: list[str]
    answers: list[str]
    query_targets: np.ndarray
    answer_targets: np.ndarray
    weights: np.ndarray
    sources: np.ndarray
    translations: dict[str, list[str]]

    @classmethod
    def of(cls, units: list[Unit], targets: np.ndarray) -> Pairs:
        """Return the pairs that the English units tell of; ``targets`` ``[n, 256]`` are the units'."""
        rows = {unit.text: row for row, unit in enumerate(units) if unit.lang == "en"}
        english = [row for row, unit in enumerate(units) if unit.lang == "en"]
        found = [(row, rows[units[row].answer or ""]) for row in english if units[row].answer in rows]
        asked, answering = np.array(found).T
        sizes = Counter(units[row].source for row in asked)
        weights = np.array([sizes[units[row].source] ** -0.5 for row in asked])
        of_dictionary = np.array([units[row].source in _DICTIONARIES for row in asked])
        for kind, share in ((of_dictionary, _DICTIONARY_SHARE), (~of_dictionary, 1 - _DICTIONARY_SHARE)):
            weights[kind] *= share / max(weights[kind].sum(), 1e-9)
        wanted = {units[row].text for row in (*asked, *answering)}
        translations: dict[str, list[str]] = {}
        for unit in units:
            if unit.english in wanted and unit.english is not None:
                translations.setdefault(unit.english, []).append(unit.text)
        return cls(
            [units[row].text for row in asked],
            [units[row].text for row in answering],
            targets[asked],
            targets[answering],
            weights / weights.sum(),
            np.unique([units[row].source for row in asked], return_inverse=True)[1],
            translations,
        )

    def translated(self, text: str, rng: random.Random, share: float) -> str:
        """Return one of the text's translations for a ``share`` of the texts that have any, else the text."""
        others = self.translations.get(text)
        return rng.choice(others) if others and rng.random() < share else text

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return the numbers of up to ``size`` different pairs.

        Seven draws in ten are of one source: telling the passages of one manual apart is what search needs.
        """
        if rng.random() >= _ONE_TOPIC:
            return rng.choice(len(self.queries), size, replace=False, p=self.weights)
        shares = np.bincount(self.sources, self.weights)
        of_source = np.flatnonzero(self.sources == rng.choice(len(shares), p=shares))
        return rng.choice(of_source, min(size, len(of_source)), replace=False)

    def targets(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the targets of queries and answers, float32 ``[len(rows), 256]`` each."""
        query_targets, answer_targets = self.query_targets[rows], self.answer_targets[rows]
        return torch.from_numpy(query_targets.astype(np.float32)), torch.from_numpy(answer_targets.astype(np.float32))
