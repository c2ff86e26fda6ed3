"""Short English texts with the vectors of all-MiniLM-L6-v2: their similarities are taught."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .scenes import scene_sentences
from .teachers import load_minilm
from .training_text import TrainingText

logger = logging.getLogger(__name__)

_PART = 2048
_POOL = 3072
_N_SEEDS = 8
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_MIN_WORDS, _MAX_CHARS = 4, 180
_SCENES = 0.3
_MOST_OF_A_SOURCE = 6000


def short_texts(texts: Iterable[TrainingText], n: int, seed: int = 11) -> list[str]:
    """Return ``n`` sentences, questions and short texts in English, mixed; some come from templates."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    found: dict[str, dict[str, None]] = {}
    for item in texts:
        if item.lang != "en" or item.source.startswith("code:"):
            continue
        parts = _SENTENCE_END.split(item.text)
        text = parts[len(item.text) % len(parts)].strip(" -*\"'")
        if len(text) <= _MAX_CHARS and len(text.split()) >= _MIN_WORDS:
            found.setdefault(item.source, {}).setdefault(text)
    chosen = scene_sentences(int(n * _SCENES))
    for group in found.values():
        chosen += rng.sample(list(group), min(len(group), _MOST_OF_A_SOURCE))
    rng.shuffle(chosen)
    return chosen[:n]


def label(texts: list[str], folder: Path) -> None:
    """Write the texts with the teacher's vectors to ``folder``, a part a file; parts that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    teacher = load_minilm(torch.float32)
    for number, start in enumerate(range(0, len(texts), _PART)):
        target = folder / f"{number:03}.npz"
        if target.exists():
            continue
        chosen = texts[start : start + _PART]
        rows = teacher.encode(chosen).astype(np.float16)
        partial = target.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, rows=rows, texts=np.array(json.dumps(chosen)))
        partial.replace(target)
        logger.info("%s: %d texts", target.name, len(chosen))


@dataclass(frozen=True)
class TaughtTexts:
    """Texts and the teacher's unit rows, float32 ``[n, 384]``."""

    texts: list[str]
    rows: np.ndarray

    def neighbours(self, size: int, rng: random.Random) -> tuple[list[str], np.ndarray]:
        """Return ``size`` texts in groups of like meaning, with their rows."""
        pool = rng.sample(range(len(self.texts)), min(_POOL, len(self.texts)))
        rows = self.rows[pool]
        seeds = rng.sample(range(len(pool)), _N_SEEDS)
        nearest = np.argsort(-(rows[seeds] @ rows.T), axis=1)[:, : size // _N_SEEDS]
        chosen = list(dict.fromkeys(nearest.reshape(-1).tolist()))
        return [self.texts[pool[row]] for row in chosen], rows[chosen]


def load_taught(folder: Path) -> TaughtTexts | None:
    """Return all parts of `label`, None before the first."""
    texts: list[str] = []
    rows = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as part:
            texts += json.loads(str(part["texts"]))
            rows.append(part["rows"].astype(np.float32))
    return TaughtTexts(texts, np.concatenate(rows)) if rows else None
