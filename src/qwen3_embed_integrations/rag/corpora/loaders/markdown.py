"""Read Markdown: headings, lists, tables, fenced code; front matter gives the title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.blocks import Block, Kind
from qwen3_embed_integrations.rag.corpora.decoding import decode

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)(.*)$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_TITLE = re.compile(r"title[ \t]*[:=][ \t]*(['\"]?)(.*?)\1[ \t]*$", re.IGNORECASE)
_KEY = re.compile(r"#|[\w\"'-]+[ \t]*[:=]")
_DELIMITERS = {"---": ("---", "..."), "+++": ("+++",)}  # YAML and TOML front matter
_MAX_FRONT_MATTER = 200  # lines
_MAX_HEADING = 300  # characters: a longer line that begins with "#" is a paragraph
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def read_markdown(path: Path) -> tuple[str, list[Block]]:
    """Return the title in the front matter, or "", and the blocks of a Markdown file."""
    title, body = front_matter(decode(path.read_bytes()))
    return title, list(markdown_blocks(body))


def front_matter(text: str) -> tuple[str, str]:
    """Return the title that a text's front matter names, or "", and the text after it."""
    lines = text.split("\n")
    is_front_matter = len(lines) > 1 and _KEY.match(lines[1])  # else "---" is a line across the page
    ends = _DELIMITERS.get(lines[0].rstrip(), ()) if is_front_matter else ()
    for number, line in enumerate(lines[1:_MAX_FRONT_MATTER] if ends else (), start=1):
        if line.rstrip() in ends:
            titles = (found[2] for found in map(_TITLE.match, lines[1:number]) if found)
            return next(titles, ""), "\n".join(lines[number + 1 :])
    return "", text


def markdown_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a Markdown text."""
    marked = list(_marked(text.split("\n")))
    for (_, kind, level), group in groupby(marked, key=lambda line: line[:3]):
        lines = [line for *_, line in group]
        if kind == "blank":
            continue
        if kind == "heading":
            yield Block(lines[0], "heading", level=level)
        elif any(line.strip() for line in lines):
            yield _block(lines, kind)


def _block(lines: list[str], kind: str) -> Block:
    found: Kind = "code" if kind == "code" else "paragraph"
    if found == "paragraph" and len(lines) > 1 and lines[0].lstrip().startswith("|"):
        found = "table"
    elif found == "paragraph" and _ITEM.match(lines[0]):
        found = "list"
    text = "\n".join(lines)
    if found != "code":
        text = _COMMENT.sub("", text)
    return Block(text.strip("\n").rstrip(), found)


def _marked(lines: list[str]) -> Iterator[tuple[int, str, int, str]]:
    """Yield (number of the block, kind, heading's level, line) for every line."""
    number, fence, previous = 0, "", "blank"
    for index, line in enumerate(lines):
        if fence:
            yield number, "code", 0, line
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence, previous = "", "blank"
                number += 1
            continue
        if opened := _FENCE.match(line):
            fence = opened[1]
            number += 1
            yield number, "code", 0, line
            continue
        kind, level, shown = _kind_of(line, lines[index + 1] if index + 1 < len(lines) else "", previous)
        number += kind != previous or kind == "heading"
        if kind != "underline":
            yield number, kind, level, shown
        previous = kind


def _kind_of(line: str, following: str, previous: str) -> tuple[str, int, str]:
    if not line.strip():
        return "blank", 0, line
    if (found := _HEADING.match(line)) and len(line) <= _MAX_HEADING:
        return "heading", len(found[1]), found[2].strip().rstrip("#").rstrip() or found[2].strip()
    if previous == "heading" and _UNDERLINE.match(line):
        return "underline", 0, line
    if previous in ("blank", "heading", "underline") and (found := _UNDERLINE.match(following)):
        is_text = not _ITEM.match(line) and "|" not in line and len(line) <= _MAX_HEADING
        if is_text and not _UNDERLINE.match(line):
            return "heading", 1 if found[1][0] == "=" else 2, line.strip()
    return "paragraph", 0, line
