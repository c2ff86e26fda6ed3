"""Read source code, cut before each definition; the definition's name is its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.blocks import Block
from qwen3_embed_integrations.rag.corpora.decoding import decode

_DEFINITION = re.compile(
    r"^(?:(?:export|public|private|protected|static|final|abstract|async|pub(?:\([^)]*\))?|default|unsafe|extern|inline)\s+)*"
    r"(?:def|class|function|func|fn|interface|struct|enum|trait|impl|type|module|namespace|sub|procedure|object)"
    r"\b\s*(?:\([^)]*\)\s*)?([A-Za-z_$][\w$]*(?:(?:\.|::)[\w$]+)*)"
    r"|^(?:CREATE|create)\s+(?:OR REPLACE\s+)?(?:TABLE|VIEW|FUNCTION|PROCEDURE|table|view|function)\s+([\w.\"`]+)"
    r"|^(?:const|let|var)\s+([\w$]+)\s*=\s*(?:async\s*)?(?:function|\()"
    r"|^[A-Za-z_][\w\s*&<>,:]*?\b([A-Za-z_]\w*)\s*\([^;]*$"
)
_MAX_LINE = 2_000  # characters of a line that is searched for a definition
_ATTACHED = ("@", "//", "#", "/*", "*", "--", "///", "[")


def read_source_code(path: Path) -> tuple[str, list[Block]]:
    """Return the file's name and the parts of a source file: what is above the first definition, then each one."""
    return path.name, list(_parts(path))


def _parts(path: Path) -> Iterator[Block]:
    lines = decode(path.read_bytes()).split("\n")
    name, start = "", 0
    for number, line in enumerate(lines):
        found = _DEFINITION.match(line) if line[:1].strip() and len(line) <= _MAX_LINE else None
        if found is None:
            continue
        end = _with_comments(lines, number, start)
        yield from _part(lines[start:end], name)
        name, start = next(group for group in found.groups() if group), end
    yield from _part(lines[start:], name)


def _with_comments(lines: list[str], number: int, start: int) -> int:
    """Return the first line of the comments and decorators right above a definition."""
    while number > start and lines[number - 1].startswith(_ATTACHED):
        number -= 1
    return number


def _part(lines: list[str], name: str) -> Iterator[Block]:
    text = "\n".join(lines).strip("\n").rstrip()
    if not text:
        return
    if name:
        yield Block(name, "heading", level=1)
    yield Block(text, "code")
