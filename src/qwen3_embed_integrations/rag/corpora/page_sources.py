"""Find the files that pages were generated from: a page and its source say the same, so one of them is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import PurePosixPath

from .blocks import ParsedDocument

_PAGES = frozenset({".html", ".htm", ".xhtml"})
_SOURCES = frozenset({".txt", ".rst", ".md", ".adoc", ".asciidoc"})
_SOURCE_FOLDER = "_sources"  # where Sphinx copies a page's source
_SAME = 0.5  # share of the source's word triples that the page holds; markup and includes make the rest
_MIN_TRIPLES = 20
_WORD = re.compile(r"\w+")


def merge_page_sources(documents: Sequence[ParsedDocument]) -> list[ParsedDocument]:
    """Return the documents without the sources of pages; each page names its source in `also`.

    A text file is the source of a page if it has the page's name, lies beside it or in the same place below
    `_sources`, and the page holds most of its words in the same order.
    """
    pages = {_key(document.source, _PAGES): number for number, document in enumerate(documents)}
    pages.pop(None, None)
    merged, kept = dict[int, tuple[str, ...]](), list[int]()
    for number, document in enumerate(documents):
        page = pages.get(_key(document.source, _SOURCES))
        if page is None or not _is_contained(document, documents[page]):
            kept.append(number)
        else:
            merged[page] = (*merged.get(page, ()), document.source)
    return [replace(documents[number], also=merged.get(number, ())) for number in kept]


def _key(source: str, suffixes: frozenset[str]) -> tuple[str, ...] | None:
    """Return the place and name that a page shares with its source, or None for other files."""
    path = PurePosixPath(source)
    if path.suffix.lower() not in suffixes:
        return None
    while path.suffix.lower() in suffixes:
        path = path.with_suffix("")
    return tuple(part for part in path.parts if part != _SOURCE_FOLDER)


def _is_contained(document: ParsedDocument, page: ParsedDocument) -> bool:
    wanted = _triples(document)
    return len(wanted) >= _MIN_TRIPLES and len(wanted & _triples(page)) >= _SAME * len(wanted)


def _triples(document: ParsedDocument) -> set[tuple[str, str, str]]:
    words = list(chain.from_iterable(_WORD.findall(block.text.casefold()) for block in document.blocks))
    return set(zip(words, words[1:], words[2:], strict=False))
