"""What no text of the training may be: the texts of every set that measures or decides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from .dev_sets import app_translations, guide_translations
from .evalsets import evaluation_texts
from .training_text import TrainingText

_LEAST_CHARS = 20  # shorter lines, such as a score or a year, are no sentence of theirs


def fingerprint(text: str) -> str:
    """Return a hash of the letters and digits of the text, to find equal texts."""
    letters = "".join(character for character in text.lower() if character.isalnum())
    return hashlib.sha1(letters.encode(), usedforsecurity=False).hexdigest()


def excluded_fingerprints(unpacked: Path, repositories: Path) -> set[str]:
    """Return the fingerprints of what `is_excluded` looks for.

    Args:
        unpacked: Folder of the Debian packages.
        repositories: Folder of the repositories.
    """
    found = {fingerprint(text) for text in evaluation_texts(unpacked)}
    others = (*_translations(repositories), *_similarity_lines(repositories / "brmson+dataset-sts/data"))
    return found | {fingerprint(text) for text in others if len(text) >= _LEAST_CHARS}


def _translations(repositories: Path) -> Iterator[str]:
    """Yield both sides of the Open Source Guides' and the Mastodon app's pairs."""
    for sets in (guide_translations(repositories), app_translations(repositories)):
        for pairs in sets.values():
            for pair in pairs:
                yield from pair


def _similarity_lines(folder: Path) -> Iterator[str]:
    """Yield every field of every table of sentence pairs, of whichever year and task."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".tsv", ".txt", ".csv"} and path.is_file():
            for line in path.read_text("utf-8", "replace").splitlines():
                yield from line.split("\t")


def is_excluded(item: TrainingText, excluded: set[str]) -> bool:
    """Return whether a part of the item is an evaluation text, or a word with one as its gloss (``word: gloss``)."""
    parts = [part for part in (item.text, item.english, item.answer) if part]
    glosses = [gloss for part in parts if len(gloss := part.partition(": ")[2]) >= _LEAST_CHARS]
    return any(fingerprint(part) in excluded for part in (*parts, *glosses))
