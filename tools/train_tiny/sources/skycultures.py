"""Descriptions of the sky by many peoples (Stellarium), of the licences that allow changes and any use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, language_of

from .aligned_pages import checked_texts
from .po_files import Message, messages
from .translated_docs import english_texts, parse_markdown, plain_markdown
from .translation_pairs import translation

SKYCULTURES = "Stellarium/stellarium-skycultures"
_LICENCE = re.compile(r"^#+ *Licen[sc]e", re.MULTILINE | re.IGNORECASE)
_FREE = re.compile(r"CC|GPL|GNU|public", re.IGNORECASE)
_RESTRICTED = re.compile(r"-NC|-ND|NonCommercial|NoDeriv")
_NO_PROSE = re.compile(r"licen|reference|author", re.IGNORECASE)
_SHORTEST, _LONGEST_NAME = 3, 200


def read_skycultures(root: Path) -> Iterator[TrainingText]:
    """Yield each culture's description, and the translations of its parts and its stars' names."""
    for page in sorted((root / SKYCULTURES.replace("/", "+")).glob("*/description.md")):
        text = page.read_text("utf-8", "replace")
        if is_free(text):
            sections = [section for section in parse_markdown(text) if not _NO_PROSE.search(section.heading)]
            yield from english_texts("stellarium-skycultures", sections)
            for path in sorted(page.parent.glob("po/*.po")):
                lang = language_of(path.stem)
                if lang and lang != "en" and path.stem != "zh_HK":
                    yield from _translations(lang, path)


def is_free(description: str) -> bool:
    """Return whether a description's last section, on its licence, names one without restrictions."""
    _, *licences = _LICENCE.split(description)
    return bool(licences) and bool(_FREE.search(licences[-1])) and not _RESTRICTED.search(licences[-1])


def _translations(lang: str, path: Path) -> Iterator[TrainingText]:
    for message in messages(path):
        if len(message.english) < _SHORTEST or _NO_PROSE.search(message.comments):
            continue
        if _is_page(message):
            both = (parse_markdown(text) for text in (message.english, message.text))
            yield from checked_texts("stellarium-skycultures", lang, *both)
        else:
            english, text = plain_markdown(message.english), plain_markdown(message.text)
            yield from translation("stellarium-skycultures", lang, english, text, _SHORTEST)


def _is_page(message: Message) -> bool:
    return "\n" in message.english.strip() or "#" in message.english or len(message.english) > _LONGEST_NAME
