"""Cut documents into chunks by the model's tokens, along the document's structure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qwen3_embed_integrations.rag.options import By

from .blocks import Block, Kind, ParsedDocument, Place
from .units import CountTokens, Unit, document_units

MAX_HEADER = 0.15
"""Share of `ChunkOptions.tokens` that title and heading path may take."""
_SLACK = 4  # tokens: the blank line after the header, the end token, a merge that a cut undoes


@dataclass(frozen=True)
class ChunkOptions:
    """How documents are cut.

    Attributes:
        tokens: Length aimed at, in tokens of the model.
        overlap: Tokens at the end of a chunk that are repeated in the next one of the same long section.
        by: Where a chunk ends beside its length: at sections, at pages, sheets and slides, at documents, or nowhere.
        headers: Whether title and heading path are embedded with each chunk.
    """

    tokens: int = 400
    overlap: int = 60
    by: By = "section"
    headers: bool = True

    @property
    def limit(self) -> int:
        """The longest chunk in tokens, header included: 512 for 400."""
        return self.tokens * 32 // 25


@dataclass(frozen=True)
class Chunk:
    """A part of a document.

    Attributes:
        text: The bare text, for display, answers and lexical search.
        header: Title and heading path, the first line of what is embedded; "" if the text begins with them.
        source: The document's name in citations.
        title: The document's title.
        headings: The headings above the text, the highest first.
        first: The block that the chunk begins with; its page, sheet, slide and cell locate the chunk.
        parent_id: The section's id; chunks with the same one are parts of one section.
        ordinal: Number in the document, from 0.
        start: Offset of the first character in the document's text, all blocks joined by blank lines.
        end: Offset after the last character.
        also: Other places where the same text stands.
    """

    text: str
    header: str
    source: str
    title: str
    headings: tuple[str, ...]
    first: Block
    parent_id: str
    ordinal: int
    start: int
    end: int
    also: tuple[Place, ...] = ()

    @property
    def embedded(self) -> str:
        """The text that is embedded."""
        return f"{self.header}\n\n{self.text}" if self.header else self.text

    @property
    def id(self) -> str:
        """A digest of source and embedded text: equal ids mean equal embeddings of the same document."""
        return _digest(self.source, self.embedded)


def document_chunks(document: ParsedDocument, options: ChunkOptions, count_tokens: CountTokens) -> list[Chunk]:
    """Return the chunks of a document, in reading order.

    Args:
        document: The document.
        options: Length and borders of a chunk.
        count_tokens: Counts with the tokenizer of the model that embeds the chunks.
    """
    units = document_units(document, options.limit - _header_limit(options) - _SLACK, options.tokens, count_tokens)
    headers = _headers(document, units, options, count_tokens)
    groups = _groups(units, options, {path: n_tokens for path, (_, n_tokens) in headers.items()})
    return [_chunk(document, group, number, headers[_lead(group).path][0]) for number, group in enumerate(groups)]


def _header_limit(options: ChunkOptions) -> int:
    return int(options.tokens * MAX_HEADER)


def _headers(
    document: ParsedDocument, units: Sequence[Unit], options: ChunkOptions, count_tokens: CountTokens
) -> dict[tuple[str, ...], tuple[str, int]]:
    """Return heading path → (header, its tokens), each shortened to its share."""
    paths = list(dict.fromkeys(unit.path for unit in units))
    limit = _header_limit(options)
    shown = [_header(document.title, path) if options.headers else "" for path in paths]
    counts = [int(n) for n in count_tokens(shown)]
    while any(n > limit for n in counts):
        for number, n_tokens in enumerate(counts):
            if n_tokens > limit:  # the inner headings say more than the outer ones: cut from the front
                kept = max(len(shown[number]) * limit // n_tokens - 1, 0)
                shown[number] = f"…{shown[number][-kept:]}" if kept > 1 else ""
        counts = [int(n) for n in count_tokens(shown)]
    return {path: (header, n_tokens) for path, header, n_tokens in zip(paths, shown, counts, strict=True)}


def _header(title: str, path: tuple[str, ...]) -> str:
    parts = [title, *path] if title and title not in path[:1] else list(path)
    return " > ".join(" ".join(part.split()) for part in parts)


def _groups(units: Sequence[Unit], options: ChunkOptions, headers: dict[tuple[str, ...], int]) -> Iterator[list[Unit]]:
    """Yield the units of each chunk."""
    group, size = list[Unit](), 0
    for run in _runs(units, options):
        if group and not _merges(group, run, options):
            yield group
            group, size = [], 0
        left = _length(run)
        for unit in run:
            used = size + headers[_lead(group or [unit]).path] + _SLACK
            is_full = used + unit.n_tokens > options.tokens and used + left > options.limit
            if is_full and not all(part.is_heading for part in group):
                yield group
                group = _overlap(group, options, unit)
                size = _length(group)
            size += unit.n_tokens + (0 if group else unit.n_repeated)
            group.append(unit)
            left -= unit.n_tokens
    if group:
        yield group


def _length(group: Sequence[Unit]) -> int:
    return sum(unit.n_tokens for unit in group) + (group[0].n_repeated if group else 0)


def _lead(group: Sequence[Unit]) -> Unit:
    """Return the first unit that is no heading, else the last heading."""
    return next((unit for unit in group if not unit.is_heading), group[-1])


def _runs(units: Sequence[Unit], options: ChunkOptions) -> Iterator[list[Unit]]:
    """Yield the units between the borders that `options.by` names; headings belong to the text after them."""
    run = list[Unit]()
    for unit in units:
        if run and not run[-1].is_heading and _border(run[-1], unit, options.by):
            yield run
            run = []
        run.append(unit)
    if run:
        yield run


def _border(left: Unit, right: Unit, by: By) -> bool:
    if by == "section":
        return left.section != right.section
    return by == "page" and _place(left.block) != _place(right.block)


def _place(block: Block) -> tuple[int | None, str | None, int | None]:
    return block.page, block.sheet, block.slide


def _merges(group: Sequence[Unit], run: Sequence[Unit], options: ChunkOptions) -> bool:
    """Return whether a small section joins the chunk before it: the same top heading, together short enough."""
    return (
        options.by == "section"
        and _lead(group).top == _lead(run).top
        and _place(_lead(group).block) == _place(_lead(run).block)
        and _length(group) + _length(run) + _header_limit(options) <= options.tokens
    )


def _overlap(group: Sequence[Unit], options: ChunkOptions, following: Unit) -> list[Unit]:
    """Return the last whole units of a chunk that are repeated in the next one, which begins inside the section."""
    kept, n_tokens = list[Unit](), 0
    space = options.limit - _header_limit(options) - _SLACK - following.n_tokens - following.n_repeated
    for unit in reversed(group):
        n_tokens += unit.n_tokens
        is_inside = options.by in ("tokens", "document") or unit.section == following.section
        if not is_inside or unit.is_heading or n_tokens > min(options.overlap, space):
            break
        kept.insert(0, unit)
    return kept if len(kept) < len(group) else []


def _chunk(document: ParsedDocument, group: Sequence[Unit], ordinal: int, header: str) -> Chunk:
    lead = _lead(group)
    shown = list(group[group.index(lead) :])
    text = _joined(shown).strip("\n").rstrip()
    return Chunk(
        text=text,
        header="" if header in text.partition("\n")[0] else header,
        source=document.source,
        title=document.title,
        headings=lead.path,
        first=replace(lead.block.until(shown[-1].block), text="", kind=_kind(shown)),
        parent_id=_digest(document.source, str(lead.section)),
        ordinal=ordinal,
        start=lead.start,
        end=shown[-1].end,
        also=tuple(map(Place, document.also)),
    )


def _kind(group: Sequence[Unit]) -> Kind:
    """Return the kind of the first unit; a chunk is a list of links only if it holds nothing else."""
    first = group[0].block.kind
    return first if first != "links" or all(unit.block.kind in ("links", "heading") for unit in group) else "list"


def _joined(group: Sequence[Unit]) -> str:
    """Return the units' text; the header of a table is repeated where a chunk begins inside it."""
    parts = [group[0].repeated]
    for unit, following in pairwise([*group, None]):
        if unit is not None:
            parts.append(unit.text)
        if unit is not None and following is not None and following.number != unit.number:
            parts.append("\n" if unit.block.kind == following.block.kind in ("list", "links") else "\n\n")
    return "".join(parts)


def _digest(*parts: str) -> str:
    # JSON separates the parts and escapes lone surrogates.
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
