"""Package descriptions of Debian with their translations (apt's Translation-XX lists)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tools.train_tiny.training_text import TrainingText, clean, is_useful, language_of

_FIELD = re.compile(r"^([A-Za-z0-9-]+): ?(.*)$")


@dataclass(frozen=True)
class _Description:
    synopsis: str
    paragraphs: tuple[str, ...]


def read_descriptions(lists: Path) -> Iterator[TrainingText]:
    """Yield synopses as queries for their first paragraph, and every aligned translation."""
    english = _read_list(next(lists.glob("*_bookworm_main_i18n_Translation-en.lz4")))
    for description in english.values():
        yield from _english_texts(description)
    for path in sorted(lists.glob("*_bookworm_main_i18n_Translation-*.lz4")):
        lang = language_of(unquote(path.stem.rpartition("Translation-")[2]))
        if lang is None or lang == "en":
            continue
        for key, translated in _read_list(path).items():
            if key in english:
                yield from _translated_texts(lang, english[key], translated)


def _english_texts(description: _Description) -> Iterator[TrainingText]:
    if not is_useful(description.synopsis):
        return
    answer = description.paragraphs[0] if description.paragraphs else None
    yield TrainingText("package-descriptions", "en", description.synopsis, role="query", answer=answer)
    for paragraph in description.paragraphs:
        yield TrainingText("package-descriptions", "en", paragraph)


def _translated_texts(lang: str, english: _Description, translated: _Description) -> Iterator[TrainingText]:
    pairs = [(english.synopsis, translated.synopsis)]
    if len(english.paragraphs) == len(translated.paragraphs):
        pairs.extend(zip(english.paragraphs, translated.paragraphs, strict=True))
    for original, text in pairs:
        if original != text and is_useful(text) and is_useful(original):
            yield TrainingText("package-descriptions", lang, text, english=original)


def _read_list(path: Path) -> dict[str, _Description]:
    """Return the descriptions of one list by the MD5 sum of their English original."""
    listing = subprocess.run(["lz4", "-dc", str(path)], check=True, capture_output=True).stdout  # noqa: S607 - a fixed command on a file of ours
    descriptions: dict[str, _Description] = {}
    for stanza in listing.decode(errors="replace").split("\n\n"):
        key, synopsis, body = _read_stanza(stanza)
        if key:
            paragraphs = (clean(part) for part in re.split(r"\n \.\n", body))
            descriptions[key] = _Description(clean(synopsis), tuple(part for part in paragraphs if is_useful(part)))
    return descriptions


def _read_stanza(stanza: str) -> tuple[str, str, str]:
    key = synopsis = ""
    body: list[str] = []
    for line in stanza.splitlines():
        if line.startswith(" "):
            body.append(line)
        elif match := _FIELD.match(line):
            name, value = match.groups()
            if name == "Description-md5":
                key = value
            elif name.startswith("Description-"):
                synopsis = value
    return key, synopsis, "\n".join(body)
