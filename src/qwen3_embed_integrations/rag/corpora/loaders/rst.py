"""Read reStructuredText: sections by their underlines; directives and roles as a person reads them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import groupby
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
_CODE = frozenset({"code-block", "code", "sourcecode", "doctest", "testcode", "parsed-literal", "productionlist"})
_SHOWN_AS = {  # what Sphinx writes in front of a directive's text
    "versionadded": "New in version {}:",
    "versionchanged": "Changed in version {}:",
    "deprecated": "Deprecated since version {}:",
    "deprecated-removed": "Deprecated since version {}:",
    **{name: f"{name.capitalize()}: {{}}" for name in ("note", "warning", "tip", "hint", "caution", "important")},
    "seealso": "See also: {}",
    "rubric": "{}",
    **dict.fromkeys(_CODE, ""),
    "literalinclude": "",
    "image": "",
    "figure": "",
}
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
    for is_code, group in groupby(_Shown().lines(lines), key=lambda pair: pair[0]):
        text = "\n".join(line for _, line in group)
        if is_code and text.strip():
            yield Block(textwrap.dedent(text).strip("\n").rstrip(), "code")
        for block in paragraphs(text) if not is_code else ():
            yield Block(inline(block.text), "code" if block.text.startswith(">>>") else "paragraph")


class _Shown:
    """Yields the lines that a reader sees: no comments, targets, options or silent directives."""

    def __init__(self) -> None:
        self._hidden = self._code = -1  # indentation of the line whose indented block is hidden, or is code
        self._in_options = False

    def lines(self, lines: list[str]) -> Iterator[tuple[bool, str]]:
        """Yield (whether it is code, the line without the indentation that only says what it belongs to)."""
        for line in lines:
            indent = len(line) - len(line.lstrip())
            if line.strip():
                self._hidden = self._hidden if indent > self._hidden else -1
                self._code = self._code if indent > self._code else -1
            if self._hidden >= 0 or (self._in_options and _OPTION.match(line)):
                continue
            self._in_options = False
            if self._code >= 0:
                yield True, line
            else:
                yield from self._text(line, indent)

    def _text(self, line: str, indent: int) -> Iterator[tuple[bool, str]]:
        if found := _DIRECTIVE.match(line):
            self._in_options = True
            name = found[2].rpartition(":")[2]
            self._hidden = indent if name in _SILENT else -1
            self._code = indent if name in _CODE else -1
            yield False, "" if name in _SILENT else _directive(name, found[3].strip())
        elif _TARGET.match(line):
            self._hidden = indent
        elif line.rstrip().endswith("::"):
            self._code = indent
            yield False, line.strip()[:-1].removesuffix(":").rstrip() + ":" * (line.strip() != "::")
        else:
            yield False, line.strip()


def _directive(name: str, argument: str) -> str:
    """Return what a reader sees of a directive's first line: a signature as it is, a version as words, or ""."""
    pattern = _SHOWN_AS.get(name, "{}")
    version, _, text = argument.partition(" ") if "version" in pattern else (argument, "", "")
    return f"{pattern.format(version)} {text}".strip()
