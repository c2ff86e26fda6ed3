"""Read reStructuredText: sections by their underlines; directives and roles as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.blocks import Block
from qwen3_embed_integrations.rag.corpora.decoding import decode

from .plain_text import paragraphs

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+\s*$")
_DIRECTIVE = re.compile(r"^(\s*)\.\. ([\w:.-]+)::[ \t]*(.*)$")
_TARGET = re.compile(r"^\s*\.\. (?:_[^:]+:|\|[^|]+\||\[[^\]]+\]).*$|^\s*\.\.[ \t]*$|^\s*\.\. (?![\w:.-]+::).*$")
_OPTION = re.compile(r"^\s*:[\w-]+:(?:\s.*)?$")
_ROLE = re.compile(r":[\w:+.-]+:`~?!?([^`<]*?)(?:\s*<[^`>]*>)?`")
_LITERAL = re.compile(r"``([^`]*)``")
_SILENT = frozenset({"index", "toctree", "currentmodule", "module", "highlight", "only", "ifconfig", "contents"})
_MAX_HEADING = 300  # characters


def read_rst(path: Path) -> Iterator[Block]:
    """Yield the sections and paragraphs of a reStructuredText file."""
    yield from rst_blocks(decode(path.read_bytes()))


def rst_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a reStructuredText text; levels follow the order in which adornments appear."""
    lines, levels, body = text.split("\n"), list[str](), list[str]()
    index = 0
    while index < len(lines):
        heading = _heading(lines, index)
        if heading is None:
            body.append(lines[index])
            index += 1
            continue
        style, title, n_lines = heading
        yield from _body(body)
        body.clear()
        if style not in levels:
            levels.append(style)
        yield Block(inline(title), "heading", level=levels.index(style) + 1)
        index += n_lines
    yield from _body(body)


def inline(text: str) -> str:
    """Return `text` with roles and literals replaced by what they show."""
    return _LITERAL.sub(r"\1", _ROLE.sub(lambda found: found[1] or found[0], text))


def _heading(lines: list[str], index: int) -> tuple[str, str, int] | None:
    """Return (adornment, title, number of lines) of the section title that starts at a line, or None."""
    line, after = lines[index], lines[index + 1 : index + 3]
    if index and lines[index - 1].strip():
        return None
    over = _ADORNMENT.match(line)
    is_over = over and len(after) > 1 and after[1].strip() == line.strip() and after[0].strip()
    if over and is_over and len(after[0]) <= _MAX_HEADING:
        return f"over {over[1]}", after[0].strip(), 3
    under = _ADORNMENT.match(after[0]) if after else None
    if under and line.strip() and not line[0].isspace() and not over and len(line) <= _MAX_HEADING:
        return (under[1], line.strip(), 2) if len(after[0].rstrip()) >= min(len(line.rstrip()), 4) else None
    return None


def _body(lines: list[str]) -> Iterator[Block]:
    for block in paragraphs("\n".join(_shown(lines))):
        is_code = block.text.lstrip().startswith(">>>") or block.text.startswith("    ")
        yield Block(inline(block.text), "code" if is_code else "paragraph")


def _shown(lines: list[str]) -> Iterator[str]:
    """Yield the lines that a reader sees: no comments, targets, options or silent directives."""
    in_options, hidden = False, -1
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if hidden >= 0 and (not line.strip() or indent > hidden):
            continue
        hidden = -1
        if in_options and _OPTION.match(line):
            continue
        in_options = False
        if found := _DIRECTIVE.match(line):
            in_options = True
            name = found[2].rpartition(":")[2]
            if name in _SILENT:
                hidden = indent
            elif found[3].strip() and name not in ("code-block", "literalinclude", "image", "figure"):
                yield f"{found[1]}{found[3].strip()}"
        elif not _TARGET.match(line):
            yield line
