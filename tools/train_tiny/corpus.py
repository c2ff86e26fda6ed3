"""Builds ``corpus.jsonl``: every text once, shuffled, with its English original and its answer."""

from __future__ import annotations

import hashlib
import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from .sources.descriptions import read_descriptions
from .sources.dictionaries import read_foldoc, read_freedict, read_gcide, read_word_lists, read_wordnet
from .sources.docstrings import read_docstrings
from .sources.gettext_catalogs import read_catalogs
from .sources.help_pages import (
    read_apache,
    read_git,
    read_gnome,
    read_handbook,
    read_installation_guide,
    read_libreoffice,
    read_python_manual,
)
from .sources.sections import MANUALS, read_manual
from .units import Unit, clean, is_useful

logger = logging.getLogger(__name__)

# At most so many texts of one source in one language (the English originals of kept
# translations are added), so that no source drowns the others.
_CAPS = {
    "wordnet": 110_000, "wordnet-examples": 48_000, "package-descriptions": 45_000, "libreoffice-help": 16_000,
    "libreoffice-ui": 5_000, "python-manual": 35_000, "python-docstrings": 18_000,
    "foldoc": 25_000, "freedict": 14_000, "wordfreq": 3_500, "gnome-help": 9_000, "wesnoth": 14_000, "freeciv": 5_000,
    "gcide": 70_000, "cataclysm": 25_000, "debian-handbook": 9_000, "installation-guide": 6_000,
    "apache-manual": 12_000, "git-manual": 9_000,
}  # fmt: skip
_LONG_CAP = 6_000
_SECTION_CAP = 8_000
_TRANSLATED_SECTION_CAP = 1_500
_DEVELOPMENT = frozenset({"debian-faq-sections", "flask-sections", "r-sections"})
_TRANSLATED_CAP = 12_000
# One English original in so many is held out with all of its translations, for evaluation.
_HELD_OUT_ONE_IN = 40
_HELD_OUT_CHARS = range(25, 220)


def build_corpus(
    downloads: Path, target: Path, heldout: Path, excluded: set[str], seed: int = 1
) -> Counter[tuple[str, str]]:
    """Write the corpus and return how many texts of each (source, language) it holds.

    Args:
        downloads: The folder that ``download`` filled.
        target: The JSONL file to write.
        heldout: The JSONL file for the translations that are kept out of it.
        excluded: Fingerprints (see `fingerprint`) of evaluation texts; a text with one is dropped.
        seed: Orders the texts.
    """
    rows: dict[str, Unit] = {}
    held: dict[str, Unit] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for reader in _readers(downloads / "unpacked", downloads / "lists"):
        units = [replace(unit, text=clean(unit.text)) for unit in reader()]
        random.Random(seed).shuffle(units)  # noqa: S311 - no secret
        for unit in units:
            if not _is_held_out(unit.english or unit.text):
                _keep(unit, rows, counts, excluded)
            elif unit.english and len(unit.english) in _HELD_OUT_CHARS:
                held[unit.text] = unit
        logger.info("%d texts after %s", len(rows), units[0].source if units else "an empty source")
    _write(rows, target, seed)
    _write(held, heldout, seed)
    return counts


def append_sections(unpacked: Path, corpus: Path, development: Path, excluded: set[str], seed: int = 1) -> Counter[str]:
    """Append the sections of `MANUALS` to the corpus, whose other rows keep their places, and return the counts.

    A heading that the corpus has from elsewhere comes again, for its answer; it needs no second label.
    Three manuals go to the file ``development`` instead: they judge the training and are no part of it.
    """
    known = {unit.text for unit in read_corpus(corpus)}
    rows: dict[str, Unit] = {}
    held: dict[str, Unit] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for manual in MANUALS:
        units = list(read_manual(unpacked, manual))
        random.Random(seed).shuffle(units)  # noqa: S311 - no secret
        for unit in units:
            if manual.source in _DEVELOPMENT:
                held.setdefault(unit.text, unit)
            elif (unit.answer or unit.text not in known) and not _is_excluded(unit, excluded):
                _keep_section(unit, rows, counts)
        logger.info("%d texts after %s", len(rows), manual.source)
    _write(rows, corpus, seed, mode="a")
    _write(held, development, seed)
    return Counter(unit.source for unit in rows.values())


def _keep_section(unit: Unit, rows: dict[str, Unit], counts: Counter[tuple[str, str]]) -> None:
    key = (unit.source, unit.lang)
    if counts[key] < (_SECTION_CAP if unit.lang == "en" else _TRANSLATED_SECTION_CAP):
        counts[key] += unit.role == "passage"
        rows.setdefault(unit.text, unit)
        if unit.english is not None:
            rows.setdefault(unit.english, Unit(unit.source, "en", unit.english, role=unit.role))


def _is_excluded(unit: Unit, excluded: set[str]) -> bool:
    if any(fingerprint(text) in excluded for text in (unit.text, unit.english, unit.answer) if text):
        return True
    return any(_is_held_out(text) for text in (unit.english or unit.text, unit.answer) if text)


def _write(rows: dict[str, Unit], target: Path, seed: int, mode: str = "w") -> None:
    order = list(rows.values())
    random.Random(seed).shuffle(order)  # noqa: S311 - no secret
    with target.open(mode, encoding="utf-8") as file:
        for unit in order:
            file.write(json.dumps(asdict(unit), ensure_ascii=False) + "\n")


def _is_held_out(english: str) -> bool:
    return int(fingerprint(english), 16) % _HELD_OUT_ONE_IN == 0


def read_corpus(path: Path) -> list[Unit]:
    """Return the units of a corpus file in its order."""
    with path.open(encoding="utf-8") as file:
        return [Unit(**json.loads(line)) for line in file]


def fingerprint(text: str) -> str:
    """Return a hash of the letters and digits of the text, to find equal texts."""
    letters = "".join(character for character in text.lower() if character.isalnum())
    return hashlib.sha1(letters.encode(), usedforsecurity=False).hexdigest()


def _keep(unit: Unit, rows: dict[str, Unit], counts: Counter[tuple[str, str]], excluded: set[str]) -> None:
    key = (unit.source, unit.lang)
    cap = _CAPS.get(unit.source, _LONG_CAP) if unit.lang == "en" else min(_CAPS[unit.source], _TRANSLATED_CAP)
    if not is_useful(unit.text) or unit.text in rows or counts[key] >= cap:
        return
    if any(fingerprint(text) in excluded for text in (unit.text, unit.english, unit.answer) if text):
        return
    if unit.answer and _is_held_out(unit.answer):
        return
    if unit.english is not None:
        rows.setdefault(unit.english, Unit(unit.source, "en", unit.english, role=unit.role))
    rows[unit.text] = unit
    counts[key] += 1


def _readers(unpacked: Path, lists: Path) -> Iterator[Callable[[], Iterator[Unit]]]:
    yield lambda: read_wordnet(unpacked)
    yield lambda: read_foldoc(unpacked)
    yield read_docstrings
    yield lambda: read_python_manual(unpacked)
    yield lambda: read_libreoffice(unpacked)
    yield lambda: read_gnome(unpacked)
    yield lambda: read_handbook(unpacked)
    yield lambda: read_installation_guide(unpacked)
    yield lambda: read_apache(unpacked)
    yield lambda: read_git(unpacked)
    yield lambda: read_gcide(unpacked)
    yield lambda: read_descriptions(lists)
    yield lambda: read_freedict(unpacked)
    yield read_word_lists
    for package, source in (
        ("libreoffice-l10n-*", "libreoffice-ui"),
        ("wesnoth-*", "wesnoth"),
        ("freeciv-data", "freeciv"),
        ("cataclysm-dda-data", "cataclysm"),
    ):
        for folder in sorted(unpacked.glob(package)):
            yield lambda folder=folder, source=source: read_catalogs(folder, source)
