"""Read JSON: every value with its path, as in "servers[0].name: alpha"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.rag.corpora.blocks import Block
from qwen3_embed_integrations.rag.corpora.decoding import clean, decode

from .plain_text import paragraphs

_MAX_DEPTH = 100


def read_json(path: Path) -> Iterator[Block]:
    """Yield a block for each top-level entry; a file that is no JSON is read as text."""
    text = decode(path.read_bytes())
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield from paragraphs(text)
        return
    for key, inner in _entries(value):
        lines = list(_lines(key, inner, 0))
        if lines:
            yield Block(clean("\n".join(lines)), "code")


def read_json_lines(path: Path) -> Iterator[Block]:
    """Yield a block for each line; a line that is no JSON stays as it is."""
    for line in decode(path.read_bytes()).split("\n"):
        if not line.strip():
            continue
        try:
            lines = list(_lines("", json.loads(line), 0))
        except (ValueError, RecursionError):
            lines = [line]
        yield Block(clean("\n".join(lines)), "code")


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((f"[{number}]", inner) for number, inner in enumerate(value))
    else:
        yield "", value


def _lines(path: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict | list) and value and depth < _MAX_DEPTH:
        for key, inner in _entries(value):
            separator = "." if path and not key.startswith("[") else ""
            yield from _lines(f"{path}{separator}{key}", inner, depth + 1)
        return
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    yield f"{path}: {shown}" if path else shown
