"""The topics of Python's `help()` as documents: the language itself, which no docstring describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from .blocks import Block, ParsedDocument
from .decoding import clean
from .loaders.plain_text import paragraphs

_UNDERLINE = re.compile(r'[*=\-^"]{3,}')
_LEVELS = '*=-^"'


def topic_documents() -> list[ParsedDocument]:
    """Return one document for each topic, sorted by name; [] where the interpreter ships none.

    A document is named as its help is asked for, as in 'help("with")'.
    """
    try:
        topics: dict[str, str] = import_module("pydoc_data.topics").topics
    except ModuleNotFoundError:  # some distributions package it apart
        return []
    return [_document(name, text) for name, text in sorted(topics.items())]


def _document(name: str, text: str) -> ParsedDocument:
    blocks = tuple(_blocks(clean(text)))
    title = blocks[0].text.strip() if blocks and blocks[0].kind == "heading" else name
    return ParsedDocument(f'help("{name}")', title, blocks)


def _blocks(text: str) -> Iterator[Block]:
    """Yield headings, which are underlined with one of `_LEVELS`, and the paragraphs between them."""
    for block in paragraphs(text):
        first, _, rest = block.text.partition("\n")
        underline, _, below = rest.partition("\n")
        if not _UNDERLINE.fullmatch(underline) or len(set(underline)) > 1:
            yield block
            continue
        yield Block(first, "heading", level=_LEVELS.index(underline[0]) + 1)
        if below.strip():
            yield Block(below)
