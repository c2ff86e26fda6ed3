"""Help of GNOME and KDE applications in many languages: Mallard and DocBook pages of Debian packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.train_tiny.training_text import TrainingText

from .aligned_pages import checked_texts
from .translated_docs import Section, Vocabulary, parse_xml, read_pages
from .translation_pairs import preferred_folders

_MALLARD = Vocabulary(frozenset({"title"}), frozenset({"p"}), frozenset({"info", "code", "screen", "table", "media"}))
_DECLARED = re.compile(r'<!ENTITY\s+([\w.-]+)\s+"([^"]*)"')
_MOST_ENTITY = 200
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([\w.-]+);")
_SPACES = frozenset({"nbsp", "mdash", "ndash"})
_KEYS = re.compile(r"</(key|keycap)>\s*<(?=key|keycap)")
_MENUS = re.compile(r"</(gui\w*|interface|guimenu)>\s*<(?=gui|interface)")


def read_gnome_help(packages: Path) -> Iterator[TrainingText]:
    """Yield the help of GNOME's applications."""
    for root in sorted(packages.glob("*/usr/share/help")):
        languages = preferred_folders(root.iterdir())
        for pages, parse in (("**/*.page", parse_mallard), ("**/*.docbook", parse_docbook)):
            yield from read_pages("gnome-help", root / "C", languages, pages, parse, checked_texts)


def read_kde_docs(packages: Path) -> Iterator[TrainingText]:
    """Yield the handbooks of KDE's applications."""
    for place in ("usr/share/doc/kde/HTML", "usr/share/doc/HTML"):
        for root in sorted(packages.glob(f"*/{place}")):
            languages = preferred_folders(root.iterdir())
            yield from read_pages("kde-docs", root / "en", languages, "**/*.docbook", parse_docbook, checked_texts)


def parse_mallard(text: str) -> list[Section]:
    """Return the sections of a Mallard page."""
    return parse_xml(_prepared(text), _MALLARD)


def parse_docbook(text: str) -> list[Section]:
    """Return the sections of a DocBook page; entities that another file declares are read as their names."""
    return parse_xml(_NAMED_ENTITY.sub(_entity_name, _prepared(text)))


def _entity_name(match: re.Match[str]) -> str:
    return " " if match[1] in _SPACES or len(match[1]) == 1 else match[1].replace("-", " ")


def _prepared(text: str) -> str:
    """Return the page with its own entities in their places, keys joined by plus signs and menus by arrows."""
    for name, value in dict(_DECLARED.findall(text)).items():
        if len(value) < _MOST_ENTITY:
            text = text.replace(f"&{name};", value)
    return _MENUS.sub("</\\1> \u2192 <", _KEYS.sub(r"</\1>+<", text))
