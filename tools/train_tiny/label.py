"""Labels texts with a teacher, shard by shard; what is labelled already is not labelled again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .teachers import Teacher, load_e5, load_minilm
from .units import LONG_CHARS, Unit

logger = logging.getLogger(__name__)

SHARD_ROWS = 4096
VECTOR_SIZE = 384


@dataclass(frozen=True)
class Share:
    """What one of several labelling processes does: every ``n_workers``-th text."""

    worker: int = 0
    n_workers: int = 1


def label_english(units: Sequence[Unit], folder: Path, n_texts: int, share: Share) -> None:
    """Label up to ``n_texts`` English texts with MiniLM; originals, queries and answers come first.

    Translations need no label of their own: they take their English original's.
    """
    wanted = {unit.english for unit in units} | {unit.answer for unit in units}
    rows = [row for row, unit in enumerate(units) if unit.lang == "en"]
    rows.sort(key=lambda row: not (units[row].answer or units[row].text in wanted or len(units[row].text) > LONG_CHARS))
    _label("minilm", load_minilm(), [(row, units[row].text) for row in rows[:n_texts]], folder, share)


def label_for_alignment(units: Sequence[Unit], folder: Path, n_texts: int, share: Share) -> None:
    """Label the first ``n_texts`` short untranslated texts with e5, to tie its space to MiniLM's."""
    rows = [row for row, unit in enumerate(units) if unit.english is None and len(unit.text) <= LONG_CHARS]
    _label("e5", load_e5(), [(row, f"query: {units[row].text}") for row in rows[:n_texts]], folder, share)


def _label(name: str, teacher: Teacher, texts: list[tuple[int, str]], folder: Path, share: Share) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    done = {int(row) for rows, _ in _shards(name, folder) for row in rows}
    texts = [(row, text) for row, text in texts[share.worker :: share.n_workers] if row not in done]
    number = len(list(folder.glob(f"{name}-{share.worker}-*.npz")))
    for start in range(0, len(texts), SHARD_ROWS):
        shard = texts[start : start + SHARD_ROWS]
        began = time.monotonic()
        vectors = teacher.encode([text for _, text in shard])
        _write_shard(folder / f"{name}-{share.worker}-{number:05d}.npz", [row for row, _ in shard], vectors)
        logger.info("%s: %d of %d, %.0f a second", name, start, len(texts), len(shard) / (time.monotonic() - began))
        number += 1


def _write_shard(target: Path, rows: list[int], vectors: np.ndarray) -> None:
    partial = target.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, rows=np.array(rows, np.int64), vectors=vectors.astype(np.float16))
    partial.replace(target)


def _shards(name: str, folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for path in sorted(folder.glob(f"{name}-*.npz")):
        with np.load(path) as shard:
            yield shard["rows"], shard["vectors"]


def read_labels(name: str, folder: Path, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (float32 ``[n_rows, 384]``, bool ``[n_rows]``: labelled) from the shards present."""
    vectors = np.zeros((n_rows, VECTOR_SIZE), np.float32)
    present = np.zeros(n_rows, bool)
    for rows, labels in _shards(name, folder):
        vectors[rows] = labels
        present[rows] = True
    return vectors, present
