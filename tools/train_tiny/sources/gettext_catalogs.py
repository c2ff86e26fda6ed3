"""Translated messages of LibreOffice, Wesnoth, Cataclysm and Freeciv (compiled gettext catalogs)."""

from __future__ import annotations

import gettext
import logging
import re
from collections.abc import Iterator
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, clean, is_useful, language_of

logger = logging.getLogger(__name__)

_MARKUP = re.compile(r"<[^>]+>|\$\w+\|?|\\n|~(?=\w)|_(?=[A-Za-z])")
_CONTEXT = re.compile(r"^[^\x04]*\x04")
_HINT = re.compile(r"^[a-z_ ]+\^|^\?\w+:")
_PLACEHOLDER = re.compile(r"%[\w$]")
_MIN_WORDS = 2


def read_catalogs(folder: Path, source: str) -> Iterator[TrainingText]:
    """Yield one translated item a message, and the English message once a language."""
    for path in sorted(folder.rglob("*.mo")):
        lang = language_of(path.parts[-3])
        if lang is None or lang == "en":
            continue
        for english, translated in catalog_messages(path):
            yield TrainingText(source, "en", english)
            yield TrainingText(source, lang, translated, english=english)


def catalog_messages(path: Path, least_words: int = _MIN_WORDS) -> Iterator[tuple[str, str]]:
    """Yield (English, translated) messages of ``least_words`` words or more that hold no placeholders."""
    try:
        with path.open("rb") as file:
            catalog = gettext.GNUTranslations(file)
    except (ValueError, LookupError) as error:  # a few catalogs have headers of a legacy charset, or broken ones
        logger.warning("skipped %s: %s", path, error)
        return
    # typeshed has no public view of the messages; `_catalog` is stable since Python 2.
    messages: dict[object, str] = catalog._catalog  # type: ignore[attr-defined] # noqa: SLF001
    for message, translation in messages.items():
        if not isinstance(message, str) or not message:
            continue
        english, translated = _plain(message), _plain(translation)
        if (
            len(english.split()) >= least_words
            and not _PLACEHOLDER.search(english)
            and is_useful(english)
            and is_useful(translated)
            and english != translated
        ):
            yield english, translated


def _plain(message: str) -> str:
    message = _CONTEXT.sub("", message)
    return clean(_MARKUP.sub("", _HINT.sub("", message)).replace("_:", ""))
