"""What a text of the corpus gives training: pairs of texts that belong together."""

from __future__ import annotations

import random
import re

from .training_text import LONG_CHARS, TrainingText

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f])")  # the last three are Chinese and Japanese
_SENTENCE_KEPT = 0.15
_DENSE_SCRIPTS = frozenset({"ja", "zh", "ko"})


def as_pair(item: TrainingText) -> tuple[str, str, str] | None:
    """Return kind and both sides, None where the text stands alone.

    ``bitext``: a translation and its English original; ``same``: two texts of one meaning; ``code``: a description and
    its function; ``qa``: a question, heading or word and the text that answers it.
    """
    if item.english:
        return ("same" if item.lang == "en" else "bitext"), item.text, item.english
    if item.answer:
        kind = "same" if item.role == "same" else "code" if item.source.startswith("code:") else "qa"
        return kind, item.text, item.answer
    return None


def lowered_question(text: str) -> str:
    """Return a question as people type it into a search box: small letters, no mark at its end."""
    return text.lower().rstrip("?")


def sentence_of(item: TrainingText, rng: random.Random) -> tuple[str, str] | None:
    """Return one sentence of a long passage, or some words of it, and the rest; None for shorter texts."""
    least = LONG_CHARS // 2 if item.lang in _DENSE_SCRIPTS else LONG_CHARS
    if len(item.text) <= least or item.source.startswith("code:"):
        return None
    sentences = [part for part in _SENTENCE_END.split(item.text) if part.strip()]
    if len(sentences) < 2:  # noqa: PLR2004 - one and a rest
        return None
    number = rng.randrange(len(sentences))
    asked = sentences[number].strip()
    if rng.random() < 0.5:  # noqa: PLR2004 - a run of words of it, as a search query would be
        words = asked.split()
        n_words = rng.randint(2, 10)
        start = rng.randrange(max(1, len(words) - n_words + 1))
        asked = " ".join(words[start : start + n_words])
    kept = sentences if rng.random() < _SENTENCE_KEPT else sentences[:number] + sentences[number + 1 :]
    return asked, " ".join(part.strip() for part in kept)
