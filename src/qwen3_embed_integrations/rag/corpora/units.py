"""Units: the smallest parts of a document that a chunk never cuts, with their length in tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from .blocks import LAST_LEVEL, Block, ParsedDocument
from .sentences import split_lines, split_sentences

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Returns each text's length in tokens, without the end token."""

_MAX_REPEATED = 0.25  # share of a chunk that the repeated header of a table may take
_SEPARATOR_TOKENS = 1  # the blank line between two blocks


@dataclass(frozen=True)
class Unit:
    """A paragraph, a line of a table or of code, or a sentence of a long paragraph.

    Attributes:
        text: The unit with the white space after it.
        number: The number of its block in the document.
        block: Its block.
        section: The number of its section in the document.
        path: The headings above it, the highest first.
        top: The number of the top heading above it: sections of two top headings are never merged.
        start: Offset of its first character in the document's text.
        n_tokens: Its length.
        repeated: The header of its table, for a chunk that begins with it; else "".
        n_repeated: Length of that header in tokens.
    """

    text: str
    number: int
    block: Block
    section: int
    path: tuple[str, ...]
    top: int
    start: int
    n_tokens: int = 0
    repeated: str = ""
    n_repeated: int = 0

    @property
    def end(self) -> int:
        """Offset after its last character."""
        return self.start + len(self.text.rstrip())

    @property
    def is_heading(self) -> bool:
        """Whether the unit is a heading."""
        return self.block.kind == "heading"


def document_units(document: ParsedDocument, limit: int, target: int, count_tokens: CountTokens) -> list[Unit]:
    """Return the units of a document in reading order; none is longer than `limit` tokens.

    Args:
        document: The document.
        limit: Tokens of a unit at most.
        target: Blocks over this many tokens are cut into lines or sentences.
        count_tokens: Returns each text's tokens.
    """
    units = list(_block_units(document))
    while True:
        counted = _counted(units, count_tokens)
        units = [part for unit in counted for part in _parts(unit, limit, target)]
        if len(units) == len(counted):
            return units


def _counted(units: Sequence[Unit], count_tokens: CountTokens) -> list[Unit]:
    waiting = [unit for unit in units if not unit.n_tokens]
    repeated = list(dict.fromkeys(unit.repeated for unit in waiting if unit.repeated))
    counts = [int(n) for n in count_tokens([*(unit.text for unit in waiting), *repeated])]
    lengths, headers = iter(counts), dict(zip(repeated, counts[len(waiting) :], strict=True))
    return [
        unit
        if unit.n_tokens
        else replace(unit, n_tokens=next(lengths) + _SEPARATOR_TOKENS, n_repeated=headers.get(unit.repeated, 0))
        for unit in units
    ]


def _parts(unit: Unit, limit: int, target: int) -> list[Unit]:
    """Return the unit, or its smaller parts if it is too long."""
    is_short = unit.n_tokens + unit.n_repeated <= limit
    if unit.n_tokens <= target or (is_short and len(unit.text) < len(unit.block.text)):
        return [unit]
    texts = _cut(unit, target)
    if len(texts) < 2:  # noqa: PLR2004 - nothing was cut
        return [unit] if is_short else _halves(unit)
    repeated = _repeated(unit, texts, target)
    parts, start = list[Unit](), unit.start
    for text in texts:
        parts.append(replace(unit, text=text, start=start, n_tokens=0, repeated=repeated if parts else ""))
        start += len(text)
    return parts


def _cut(unit: Unit, target: int) -> list[str]:
    if unit.block.kind in ("table", "code", "list", "links") or unit.text != unit.block.text:
        parts = split_lines(unit.text)
        if len(parts) > 1:
            return parts
    found = split_sentences(unit.text)
    return found if len(found) > 1 or unit.n_tokens <= target else split_lines(unit.text)


def _repeated(unit: Unit, texts: Sequence[str], target: int) -> str:
    """Return the header that the parts of a table repeat, or "" if it is too long."""
    if unit.block.kind != "table" or unit.repeated:
        return unit.repeated
    share = len(texts[0]) * unit.n_tokens / max(len(unit.text), 1)
    return texts[0] if texts[0].endswith("\n") and share <= _MAX_REPEATED * target else ""


def _halves(unit: Unit) -> list[Unit]:
    """Cut a unit without sentences in the middle, after a space if there is one near it."""
    middle = len(unit.text) // 2
    if not middle:
        return [unit]
    space = unit.text.rfind(" ", middle // 2, middle)
    middle = space + 1 if space > 0 else middle
    left = replace(unit, text=unit.text[:middle], n_tokens=0)
    return [left, replace(unit, text=unit.text[middle:], start=unit.start + middle, n_tokens=0)]


def _block_units(document: ParsedDocument) -> Iterator[Unit]:
    """Yield one unit a block; a heading with text after it is a unit only inside a chunk."""
    top_level = _top_level(document.blocks)
    path, section, top, start = list[tuple[int, str]](), 0, 0, 0
    for number, block in enumerate(document.blocks):
        if block.kind == "heading":
            path = [(level, text) for level, text in path if level < block.level]
            path.append((block.level, block.text))
            section += 1
            top += block.level <= top_level
        elif block.level and path and path[-1][0] > block.level:
            path = [(level, text) for level, text in path if level <= block.level]
            section += 1
        names = tuple(text for _, text in path)
        yield Unit(block.text, number, block, section, names, top, start)
        start += len(block.text) + 2


def _top_level(blocks: Sequence[Block]) -> int:
    """Return the highest level that has more than one heading: a lone first heading is the document's title."""
    levels = Counter(block.level for block in blocks if block.kind == "heading" and block.level <= LAST_LEVEL)
    return next((level for level, count in sorted(levels.items()) if count > 1), 1)
