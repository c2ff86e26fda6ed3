"""Read Markdown: headings, lists, tables, fenced code; front matter gives the title."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.blocks import Block, Kind
from qwen3_embed_integrations.rag.corpora.decoding import decode

_FENCE = re.compile(r" {0,3}(?:(?:[-*+]|\d{1,9}[.)]) {1,4})*(?:(`{3,})(?=[^`]*$)|(~{3,}))")  # also in a list item
_RAW = re.compile(r" {0,3}<(?:(pre|script|style|textarea)(?=[\s>]|$)|(!--))", re.IGNORECASE)
_ENDS = ("</pre>", "</script>", "</style>", "</textarea>", "-->")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)(.*)$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_TITLE = re.compile(r"title[ \t]*[:=][ \t]*(['\"]?)(.*?)\1[ \t]*$", re.IGNORECASE)
_KEY = re.compile(r"#|[\w\"'-]+[ \t]*[:=]")
_DELIMITERS = {"---": ("---", "..."), "+++": ("+++",)}  # YAML and TOML front matter
_MAX_FRONT_MATTER = 200  # lines
_MAX_HEADING = 300  # characters: a longer line that begins with "#" is a paragraph


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
        text = _without_comments(text)
    return Block(text.strip("\n").rstrip(), found)


def _without_comments(text: str) -> str:
    """Return the text without its comments; one that never ends is text."""
    kept, start = [], 0
    while (opened := text.find("<!--", start)) >= 0 and (closed := text.find("-->", opened + 4)) >= 0:
        kept.append(text[start:opened])
        start = closed + 3
    return "".join(kept) + text[start:]


@dataclass(frozen=True)
class _Raw:
    """Lines in which nothing is a heading: fenced code, raw HTML or a comment.

    Attributes:
        kind: Of the lines; `_block` takes comments out of paragraphs.
        end: What ends them.
        is_fence: Whether `end` is a fence, which is alone in its line.
    """

    kind: str
    end: str
    is_fence: bool = False

    def ends_in(self, line: str) -> bool:
        if self.is_fence:
            return line.strip().startswith(self.end) and not line.strip().strip(self.end[0])
        return self.end in line.lower()


def _raw(line: str) -> _Raw | None:
    """Return what begins in a line and goes on in the next one; None for nothing."""
    if fence := _FENCE.match(line):
        return _Raw("code", fence[1] or fence[2], is_fence=True)
    if not (found := _RAW.match(line)):
        return None
    raw = _Raw("code", f"</{found[1].lower()}>") if found[1] else _Raw("paragraph", "-->")
    return None if raw.ends_in(line[found.end() :]) else raw


def _marked(lines: Sequence[str]) -> Iterator[tuple[int, str, int, str]]:
    """Yield (number of the block, kind, heading's level, line) for every line."""
    number, raw, previous = 0, None, "blank"
    last = {end: i for i, line in enumerate(lines) for end in _ENDS if end in line.lower()}
    for index, line in enumerate(lines):
        if raw:
            yield number, raw.kind, 0, line
            if raw.ends_in(line):
                raw, previous = None, "blank"
                number += 1
            continue
        raw = _raw(line)
        if raw and (raw.is_fence or last.get(raw.end, 0) > index):  # HTML that never ends is text
            number += 1
            yield number, raw.kind, 0, line
            continue
        raw = None
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
