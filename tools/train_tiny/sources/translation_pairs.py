"""What makes a translation worth training on: it is in its language's script, and it is no copy of the English."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, clean, is_useful, language_of

_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_SCRIPTS = {
    "ja": re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ru": _CYRILLIC,
    "uk": _CYRILLIC,
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
}
_LEAST_SHARE = {"ja": 0.25, "ko": 0.25, "zh": 0.25}  # a character says more there; else 0.4 of the letters
_LONG_WORD = re.compile(r"\w{4,}")
_COMPARED_CHARS, _COMPARED_WORDS = 30, 4
_COPIED_SHARE = 0.55
_SHORT_WORD = 2
_TAG = re.compile(r"</?[A-Za-z][^>]*>")
_PLACEHOLDER = re.compile(r"%\d?\$?[sdS@]|%,d|%[a-z]+%|#\d|\$[A-Z_]|%\{|\$\{|\{\{|\{\d*\}|\{[a-zA-Z_]\w*\}|http")
_REGIONAL = frozenset({
    "zh-tw", "zh-hk", "zh-hant", "zh-hant-hk", "pt-pt", "es-ar", "es-cl", "es-la", "es-mx", "fr-ca", "sr-latn",
})  # fmt: skip


def in_script(lang: str, text: str) -> bool:
    """Return whether enough of the text's letters are of the language's script; Latin ones are not checked."""
    if lang not in _SCRIPTS:
        return True
    letters = sum(character.isalpha() for character in text) or 1
    return len(_SCRIPTS[lang].findall(text)) / letters > _LEAST_SHARE.get(lang, 0.4)


def is_untranslated(english: str, text: str) -> bool:
    """Return whether more than half of a longer text's words stand in the English text, too."""
    words = _LONG_WORD.findall(text.lower())
    if len(text) < _COMPARED_CHARS or len(words) < _COMPARED_WORDS:
        return False
    known = set(_LONG_WORD.findall(english.lower()))
    return sum(word in known for word in words) > _COPIED_SHARE * len(words)


def translation(source: str, lang: str, english: str, text: str, least: int = 2) -> Iterator[TrainingText]:
    """Yield the translation if it is one, of an English text of at least ``least`` characters."""
    english, text = clean(english), clean(text)
    is_worded = len(english) >= least and is_useful(english) and _is_worded(text)
    is_other = english.lower() != text.lower() and in_script(lang, text) and not is_untranslated(english, text)
    if is_worded and is_other:
        yield TrainingText(source, lang, text, english=english)


def _is_worded(text: str) -> bool:
    """Return whether half of the text are letters; Chinese and Japanese words may be of two characters."""
    return len(text) >= _SHORT_WORD and sum(character.isalpha() for character in text) * 2 >= len(text)


def keyed_translations(
    source: str, lang: str, english: Mapping[str, str], other: Mapping[str, str], least: int = 8
) -> Iterator[TrainingText]:
    """Yield the messages of ``other`` with the English ones of the same key, but for those with placeholders."""
    for key, text in other.items():
        original = english.get(key, "")
        if not _PLACEHOLDER.search(original):
            yield from translation(source, lang, _plain(original), _plain(text), least)


def _plain(text: str) -> str:
    return clean(html.unescape(_TAG.sub("", text.replace("\\n", " "))))


def is_regional(locale: str) -> bool:
    """Return whether a locale such as ``zh_TW`` is the less read form of a language that has another."""
    return locale.replace("_", "-").lower() in _REGIONAL or "@" in locale


def preferred_folders(folders: Iterable[Path]) -> dict[str, Path]:
    """Return by language the folder named after it, of several the most read form; English is left out."""
    named: dict[str, Path] = {}
    for folder in sorted(folders):
        lang = language_of(folder.name)
        if lang and lang != "en" and folder.is_dir() and (lang not in named or not _is_lesser(folder.name)):
            named[lang] = folder
    return named


def _is_lesser(locale: str) -> bool:
    return is_regional(locale) or locale.lower() == "pt"
