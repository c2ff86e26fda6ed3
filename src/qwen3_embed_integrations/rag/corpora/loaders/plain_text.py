"""Read plain text: paragraphs between blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.blocks import Block
from qwen3_embed_integrations.rag.corpora.decoding import decode

_BLANK = re.compile(r"\n(?:[^\S\n]*\n)+")


def read_text(path: Path) -> Iterator[Block]:
    """Yield the paragraphs of a text file."""
    yield from paragraphs(decode(path.read_bytes()))


def paragraphs(text: str) -> Iterator[Block]:
    """Yield the parts of `text` that blank lines separate."""
    for part in _BLANK.split(text):
        if part.strip():
            yield Block(part.strip("\n").rstrip())
