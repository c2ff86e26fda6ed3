"""The space that the student learns: MiniLM's, rotated to Matryoshka order, 256 wide.

English texts get MiniLM's vector on its first 256 principal axes, so that the first dimensions
hold the most. A translation gets its English original's target. Anything else (words and single
tokens of other languages) gets what a ridge regression predicts from e5's vector, centred within
its group, which takes out most of what tells languages apart.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .label import read_labels
from .student import HIDDEN_SIZE
from .units import Unit

_RIDGE = 10.0
_MIN_ROWS_FOR_MEAN = 50


@dataclass(frozen=True)
class TargetSpace:
    """The fitted maps from teacher vectors to targets.

    Attributes:
        projection: ``[384, 256]`` from MiniLM vectors.
        ridge: ``[384, 256]`` from centred e5 vectors.
    """

    projection: np.ndarray
    ridge: np.ndarray

    def from_minilm(self, vectors: np.ndarray) -> np.ndarray:
        """Return unit targets ``[n, 256]``."""
        return _unit(vectors @ self.projection)

    def from_e5(self, vectors: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Return unit targets ``[n, 256]``; rows of one group share the mean that is taken off."""
        return _unit(_centred(vectors, groups) @ self.ridge)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)


def _centred(vectors: np.ndarray, groups: np.ndarray) -> np.ndarray:
    overall = vectors.mean(0)
    centred = np.empty_like(vectors)
    for group in np.unique(groups):
        chosen = groups == group
        centred[chosen] = vectors[chosen] - (vectors[chosen].mean(0) if chosen.sum() >= _MIN_ROWS_FOR_MEAN else overall)
    return _unit(centred)


def script_of(text: str) -> str:
    """Return the script of the first letter as its Unicode name tells it, such as ``CYRILLIC``."""
    letter = next(filter(str.isalpha, text), "1")
    return "ASCII" if letter.isascii() else unicodedata.name(letter, "OTHER").split()[0]


def fit_target_space(units: list[Unit], labels: Path) -> TargetSpace:
    """Fit the rotation on MiniLM's labels and the ridge on the texts that both teachers labelled."""
    minilm, has_minilm = read_labels("minilm", labels, len(units))
    e5, has_e5 = read_labels("e5", labels, len(units))
    known = minilm[has_minilm]
    _, axes = np.linalg.eigh(known.T @ known)
    projection = np.ascontiguousarray(axes[:, ::-1][:, :HIDDEN_SIZE])
    both = has_minilm & has_e5
    source, target = _centred(e5[both], np.zeros(both.sum())), _unit(minilm[both] @ projection)
    gram = source.T @ source + _RIDGE * np.eye(source.shape[1], dtype=np.float32)
    return TargetSpace(projection, np.linalg.solve(gram, source.T @ target))


def make_targets(units: list[Unit], labels: Path, space: TargetSpace) -> tuple[np.ndarray, np.ndarray]:
    """Return (float16 unit targets ``[n, 256]``, bool ``[n]``: has a target) from the labels so far."""
    minilm, ready = read_labels("minilm", labels, len(units))
    targets = np.zeros((len(units), HIDDEN_SIZE), np.float16)
    targets[ready] = space.from_minilm(minilm[ready])
    row_of_english = {unit.text: row for row, unit in enumerate(units) if unit.lang == "en" and ready[row]}
    for row, unit in enumerate(units):
        same = unit.english or (unit.text if unit.lang == "en" and not ready[row] else None)
        original = row_of_english.get(same) if same is not None else None
        if original is not None:
            targets[row] = targets[original]
            ready[row] = True
    e5, has_e5 = read_labels("e5", labels, len(units))
    foreign = np.flatnonzero(has_e5 & ~ready & np.array([unit.lang != "en" for unit in units]))
    targets[foreign] = space.from_e5(e5[foreign], np.array([units[row].lang for row in foreign]))
    ready[foreign] = True
    return targets, ready
