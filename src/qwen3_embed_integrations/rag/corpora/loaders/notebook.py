"""Read Jupyter notebooks cell by cell: Markdown, code, and the beginning of text outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.decoding import clean, decode

from .markdown import markdown_blocks

_MAX_OUTPUT = 2_000  # characters of a cell's outputs


def read_notebook(path: Path) -> Iterator[Block]:
    """Yield the blocks of every cell; `cell` is its number, from 1.

    Raises:
        UnreadableFileError: The file is no notebook.
    """
    try:
        notebook = json.loads(decode(path.read_bytes()))
        sheets = notebook.get("worksheets") or [notebook]  # nbformat 3 and 4
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
        raise UnreadableFileError(f"is no notebook ({type(error).__name__}: {error})") from error
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict):
            yield from _cell(cell, str(number))


def _cell(cell: dict[str, Any], number: str) -> Iterator[Block]:
    text = clean(_joined(cell.get("source", cell.get("input"))))
    if cell.get("cell_type") == "markdown":
        yield from (replace(block, cell=number) for block in markdown_blocks(text))
    elif cell.get("cell_type") == "heading":  # nbformat 3
        level = cell.get("level")
        yield Block(text, "heading", level=level if isinstance(level, int) and level > 0 else 1, cell=number)
    elif text.strip():
        yield Block(text.strip("\n"), "code" if cell.get("cell_type") == "code" else "paragraph", cell=number)
    outputs = cell.get("outputs")
    shown = clean("\n".join(_output(item) for item in outputs if isinstance(item, dict))) if outputs else ""
    if shown.strip():
        cut = " …" if len(shown) > _MAX_OUTPUT else ""
        yield Block(shown[:_MAX_OUTPUT].strip("\n") + cut, "code", cell=number)


def _output(output: dict[str, Any]) -> str:
    data = output.get("data")
    if isinstance(data, dict):
        return _joined(data.get("text/plain"))
    return _joined(output.get("text"))


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""
