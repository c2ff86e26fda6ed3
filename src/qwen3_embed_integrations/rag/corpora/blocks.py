"""Blocks: the text of a document, cut along its own structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "paragraph", "table", "list", "code", "links"]


@dataclass(frozen=True)
class Block:
    """A piece of a document that belongs together.

    Attributes:
        text: The block's text; every line ends in a newline. The first line of a table is its header.
        kind: What the block is; "links" is a list of links, which tells where to read rather than what is known.
        level: Of a heading, from 1 for the highest; 0 for other blocks.
        page: Page number, from 1.
        sheet: Name of the sheet of a spreadsheet.
        slide: Slide number, from 1.
        cell: Cells of a sheet, as in "A2:C9"; or the number of a notebook's cell.
        anchor: The fragment that opens a page at this block, as in "csv.reader".
    """

    text: str
    kind: Kind = "paragraph"
    level: int = 0
    page: int | None = None
    sheet: str | None = None
    slide: int | None = None
    cell: str | None = None
    anchor: str | None = None

    @property
    def location(self) -> str:
        """The block's place in its document as a citation shows it, as in "p. 3", or ""."""
        parts = [f"p. {self.page}" if self.page else "", f"slide {self.slide}" if self.slide else ""]
        parts += [f"sheet {self.sheet}" if self.sheet else ""]
        cell = "cells" if ":" in (self.cell or "") else "cell"
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
