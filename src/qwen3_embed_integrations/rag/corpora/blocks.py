"""Blocks: the text of a document, cut along its own structure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["heading", "paragraph", "table", "list", "code", "links"]

LAST_LEVEL = 6
"""Lowest level of a section's heading, as in HTML; below are the terms of lists of definitions."""


@dataclass(frozen=True)
class Block:
    """A piece of a document that belongs together.

    Attributes:
        text: The block's text; every line ends in a newline. The first line of a table is its header.
        kind: What the block is; "links" is a list of links, which tells where to read rather than what is known.
        level: Of a heading, from 1 for the highest; above `LAST_LEVEL` it is a term that the text after it explains.
            Of another block, the level of the lowest heading that it may belong to; 0: to the last one.
        page: Page number, from 1.
        sheet: Name of the sheet of a spreadsheet.
        slide: Slide number, from 1.
        cell: Cells of a sheet, as in "A2:C9"; or the number of a notebook's cell.
        anchor: The fragment that opens a page at this block, as in "csv.reader".
        last_page: The page on which it ends, if that is another one.
    """

    text: str
    kind: Kind = "paragraph"
    level: int = 0
    page: int | None = None
    sheet: str | None = None
    slide: int | None = None
    cell: str | None = None
    anchor: str | None = None
    last_page: int | None = None

    def until(self, last: Block) -> Block:
        """Return this block as the beginning of a passage that ends with `last`: it names the places of both."""
        last_page = last.page if self.page and last.page and last.page > self.page else None
        cell = self.cell
        if self.cell and last.cell and self.cell != last.cell and self.sheet == last.sheet:
            sign = ":" if ":" in self.cell else "-"
            cell = f"{self.cell.partition(sign)[0]}{sign}{last.cell.rpartition(sign)[2]}"
        return replace(self, last_page=last_page, cell=cell)

    @property
    def location(self) -> str:
        """The block's place in its document as a citation shows it, as in "p. 3", or ""."""
        page = f"pp. {self.page}-{self.last_page}" if self.last_page else f"p. {self.page}"
        parts = [page if self.page else "", f"slide {self.slide}" if self.slide else ""]
        parts += [f"sheet {self.sheet}" if self.sheet else ""]
        cell = "cells" if {":", "-"} & set(self.cell or "") else "cell"
        parts += [f"{cell} {self.cell}" if self.cell else ""]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class ParsedDocument:
    """A document: its name in citations, its title, its text.

    Attributes:
        source: The name in citations, as in "notes/billing.md"; unique in a corpus.
        title: The document's own title, else its file name.
        blocks: In reading order.
        also: Names of other files with the same text, such as the source that a page was generated from.
    """

    source: str
    title: str
    blocks: tuple[Block, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Another place where a text stands.

    Attributes:
        source: The document's name in citations.
        first: The block that the text begins with there.
    """

    source: str
    first: Block = Block("")


class UnreadableFileError(Exception):
    """A file can't be read; the message is the end of a sentence that starts with the file's name."""
