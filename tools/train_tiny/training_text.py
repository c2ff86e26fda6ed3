"""A text of the training that every source yields."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Languages that the corpus covers.
LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "ru", "zh", "ja",
    "ko", "nl", "pl", "sv", "da", "cs", "fi", "hu", "tr", "uk", "ar", "hi",
)  # fmt: skip
MIN_CHARS = 3
MAX_CHARS = 1600
LONG_CHARS = 350

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class TrainingText:
    """One text of the corpus.

    Attributes:
        source: Name of the source, as the data card lists it.
        lang: ISO 639-1 code.
        text: The text, spaces collapsed.
        role: ``query`` (short, question-like) or ``passage``; chooses the teacher's prefix.
        english: The English original, where ``text`` is its translation.
        answer: The passage that ``text`` asks for, where the source tells.
    """

    source: str
    lang: str
    text: str
    role: str = "passage"
    english: str | None = None
    answer: str | None = None


def clean(text: str) -> str:
    """Return the text with runs of white space as one space, cut to `MAX_CHARS` at a space."""
    text = _SPACES.sub(" ", text).strip()
    if len(text) <= MAX_CHARS:
        return text
    head = text[:MAX_CHARS]
    return head.rsplit(" ", 1)[0] if " " in head else head


def is_useful(text: str) -> bool:
    """Return whether the text is long enough and has at least a half of letters."""
    letters = sum(character.isalpha() for character in text)
    return len(text) >= MIN_CHARS and letters * 2 >= len(text)


def language_of(code: str) -> str | None:
    """Return the ISO 639-1 code of a locale such as ``pt-BR`` or ``zh_CN``, None if not covered."""
    language = re.split(r"[-_@.]", code.lower())[0]
    return language if language in LANGUAGES else None
