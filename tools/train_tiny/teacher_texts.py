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

from .prompts import as_question
from .scenes import scene_sentences
from .teachers import load_minilm
from .training_text import TrainingText

logger = logging.getLogger(__name__)

_PART, _PART_OF_PAIRS = 2048, 512
_POOL = 3072
_N_SEEDS = 8
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_MIN_WORDS, _MAX_CHARS = 4, 180
_SCENES = 0.3
_MOST_OF_A_SOURCE = 6000
_MOST_PAIRS_OF_A_SOURCE = 1200
_PASSAGE_CHARS = 420
_ASKED = 0.35


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


def question_pairs(texts: Iterable[TrainingText], n: int, seed: int = 12) -> list[tuple[str, str]]:
    """Return ``n`` English questions or headings with the beginnings of the passages that answer them, mixed."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    found: dict[str, dict[str, str]] = {}
    for item in texts:
        if item.answer and item.lang == "en" and not item.source.startswith("code:") and len(item.answer) > _MAX_CHARS:
            asked = as_question(item.text, rng) if rng.random() < _ASKED else item.text
            found.setdefault(item.source, {}).setdefault(item.answer[:_PASSAGE_CHARS], asked)
    chosen: list[tuple[str, str]] = []
    for group in found.values():
        pairs = [(asked, passage) for passage, asked in group.items()]
        chosen += rng.sample(pairs, min(len(pairs), _MOST_PAIRS_OF_A_SOURCE))
    rng.shuffle(chosen)
    return chosen[:n]


def label_pairs(pairs: list[tuple[str, str]], folder: Path) -> None:
    """Write the pairs with the teacher's vectors of both sides, as `label` does."""
    folder.mkdir(parents=True, exist_ok=True)
    teacher = load_minilm(torch.float32)
    for number, start in enumerate(range(0, len(pairs), _PART_OF_PAIRS)):
        target = folder / f"{number:03}.npz"
        if target.exists():
            continue
        chosen = pairs[start : start + _PART_OF_PAIRS]
        left, right = (teacher.encode(list(side)).astype(np.float16) for side in zip(*chosen, strict=True))
        partial = target.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, left=left, right=right, texts=np.array(json.dumps(chosen)))
        partial.replace(target)
        logger.info("%s: %d pairs", target.name, len(chosen))


@dataclass(frozen=True)
class TeacherPairs:
    """Questions with passages, and the teacher's unit rows of each, float32 ``[n, 384]``."""

    pairs: list[tuple[str, str]]
    left: np.ndarray
    right: np.ndarray

    def neighbours(self, size: int, rng: random.Random) -> list[int]:
        """Return the numbers of up to ``size`` pairs in groups whose passages are alike."""
        pool = rng.sample(range(len(self.pairs)), min(_POOL // 4, len(self.pairs)))
        seeds = rng.sample(pool, min(_N_SEEDS, len(pool)))
        nearest = np.argsort(-(self.right[seeds] @ self.right[pool].T), axis=1)[:, : size // _N_SEEDS]
        return list(dict.fromkeys(pool[place] for place in nearest.reshape(-1).tolist()))


def load_pairs(folder: Path) -> TeacherPairs | None:
    """Return all parts of `label_pairs`, None before the first."""
    pairs: list[tuple[str, str]] = []
    rows: list[tuple[np.ndarray, np.ndarray]] = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as part:
            pairs += [(left, right) for left, right in json.loads(str(part["texts"]))]
            rows.append((part["left"].astype(np.float32), part["right"].astype(np.float32)))
    if not rows:
        return None
    left, right = (np.concatenate(side) for side in zip(*rows, strict=True))
    return TeacherPairs(pairs, left, right)


def label(texts: list[str], folder: Path) -> None:
    """Write the texts with the teacher's vectors to ``folder``, a part a file; parts that exist are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    teacher = load_minilm(torch.float32)
    for number, start in enumerate(range(0, len(texts), _PART)):
        target = folder / f"{number:03}.npz"
        if target.exists():
            continue
        chosen = texts[start : start + _PART]
        embeddings = teacher.encode(chosen).astype(np.float16)
        partial = target.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, embeddings=embeddings, texts=np.array(json.dumps(chosen)))
        partial.replace(target)
        logger.info("%s: %d texts", target.name, len(chosen))


@dataclass(frozen=True)
class TeacherTexts:
    """Texts and the teacher's unit rows, float32 ``[n, 384]``."""

    texts: list[str]
    embeddings: np.ndarray

    def neighbours(self, size: int, rng: random.Random) -> tuple[list[str], np.ndarray]:
        """Return ``size`` texts in groups of like meaning, with their rows."""
        pool = rng.sample(range(len(self.texts)), min(_POOL, len(self.texts)))
        rows = self.embeddings[pool]
        seeds = rng.sample(range(len(pool)), _N_SEEDS)
        nearest = np.argsort(-(rows[seeds] @ rows.T), axis=1)[:, : size // _N_SEEDS]
        chosen = list(dict.fromkeys(nearest.reshape(-1).tolist()))
        return [self.texts[pool[row]] for row in chosen], rows[chosen]


def load_texts(folder: Path) -> TeacherTexts | None:
    """Return all parts of `label`, None before the first."""
    texts: list[str] = []
    rows = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as part:
            texts += json.loads(str(part["texts"]))
            rows.append(part["embeddings"].astype(np.float32))
    return TeacherTexts(texts, np.concatenate(rows)) if rows else None
