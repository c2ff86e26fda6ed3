"""Gettext ``.po`` files: the manual of Python, the editor of Godot and other documents translated by message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, clean, is_useful, language_of

from .translation_pairs import is_regional, translation

_SPHINX = re.compile(r":[\w:+-]+:`~?([^`<]*)(?:<[^>]*>)?`|``?([^`]*)``?|\*+(\S[^*]*)\*+|\|[\w ]+\||`_+")
_UNFIT = re.compile(r"^#~|#, fuzzy|^msgid_plural", re.MULTILINE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TAG = re.compile(r"</?[A-Za-z][^>]*>|\[/?\w+[^\]]*\]")
_MARKUP = re.compile(r"[{}<>]|\[/?\w+\]|%[sd]")
_LEFT_MARKUP = re.compile(r"[{}<>]|%[sd]")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_LEAST_CHARS = 12
CATALOGS = (
    ("comprehensive-rust", "google+comprehensive-rust", "po"),
    ("godot-editor", "godotengine+godot-editor-l10n", "*"),
)


@dataclass(frozen=True)
class Message:
    """A finished message: what is said about it, the English original, its translation."""

    comments: str
    english: str
    text: str


def messages(path: Path) -> Iterator[Message]:
    """Yield the messages that have one translation; fuzzy and obsolete ones are left out."""
    for entry in re.split(r"\n\n+", path.read_text("utf-8", "replace")):
        if "\nmsgstr" not in entry or _UNFIT.search(entry):
            continue
        head, _, tail = entry.partition("\nmsgstr")
        comments, _, english = head.partition("msgid ")
        yield Message(comments, _quoted(english), _quoted(tail))


def _quoted(part: str) -> str:
    return "".join(_QUOTED.findall(part)).replace("\\n", "\n").replace('\\"', '"')


def read_catalog(source: str, lang: str, path: Path) -> Iterator[TrainingText]:
    """Yield the messages of a Sphinx document with their English originals."""
    for message in messages(path):
        english, text = plain_sphinx(message.english), plain_sphinx(message.text)
        if len(english) >= _LEAST_CHARS and english != text and is_useful(english) and is_useful(text):
            yield TrainingText(source, lang, text, english=english)


def plain_sphinx(text: str) -> str:
    """Return a message without roles, emphasis and substitutions."""
    return clean(_SPHINX.sub(lambda match: match[1] or match[2] or match[3] or "", text))


def read_catalogs(root: Path) -> Iterator[TrainingText]:
    """Yield the messages of Comprehensive Rust and of Godot's editor and class reference."""
    for source, folder, pages in CATALOGS:
        for path in sorted((root / folder).glob(f"{pages}/*.po")):
            lang = language_of(path.stem)
            if lang and lang != "en" and not is_regional(path.stem) and (source, path.stem) != ("godot-editor", "pt"):
                yield from checked_messages(source, lang, path)


def checked_messages(source: str, lang: str, path: Path) -> Iterator[TrainingText]:
    """Yield the messages of one file without code and placeholders, where they are translations."""
    for message in messages(path):
        english, text = (_LINK.sub(r"\1", plain_sphinx(part)) for part in (message.english, message.text))
        if _MARKUP.search(english):
            english, text = _TAG.sub("", english), _TAG.sub("", text)
        if "```" not in english and not _LEFT_MARKUP.search(english):
            english, text = (part.replace("`", "").replace("**", "") for part in (english, text))
            if len(english) >= _LEAST_CHARS:
                yield from translation(source, lang, english, text)
