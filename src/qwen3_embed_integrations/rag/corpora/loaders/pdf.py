"""Read a PDF page by page; its outline gives the headings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pypdfium2

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.decoding import clean
from qwen3_embed_integrations.rag.corpora.limits import MAX_PAGES, MAX_TEXT_CHARACTERS

from .plain_text import paragraphs

_PASSWORD = "password"  # noqa: S105 - in PDFium's message for a protected file
_MAX_OUTLINE = 5_000  # entries
_HYPHEN = re.compile("[\x02\ufffe](.?)")  # what PDFium writes for a hyphen at the end of a line, and the next letter


def read_pdf(path: Path) -> tuple[str, list[Block]]:
    """Return the title in the metadata, or "", and the paragraphs of every page.

    Raises:
        UnreadableFileError: The file is no PDF, is protected, has too many pages, or holds no text.
    """
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        reason = str(error)
        if _PASSWORD in reason.lower():
            raise UnreadableFileError("is a PDF that is protected by a password") from error
        raise UnreadableFileError(f"is no PDF that can be read ({reason})") from error
    with document:
        if len(document) > MAX_PAGES:
            raise UnreadableFileError(f"has {len(document):,} pages; at most {MAX_PAGES:,} are read")
        blocks = list(_pages(document))
        if not any(block.kind != "heading" for block in blocks):
            raise UnreadableFileError("is a PDF without text, perhaps a scan; run OCR on it")
        return clean(document.get_metadata_value("Title")).strip(), blocks


def _pages(document: pypdfium2.PdfDocument) -> Iterator[Block]:
    outline = _outline(document)
    n_characters = 0
    for number, page in enumerate(document, start=1):
        textpage = page.get_textpage()
        text = _HYPHEN.sub(_joined, clean(textpage.get_text_bounded()))
        textpage.close()
        page.close()
        n_characters += len(text)
        if n_characters > MAX_TEXT_CHARACTERS:
            raise UnreadableFileError(f"holds more than {MAX_TEXT_CHARACTERS:,} characters")
        yield from _page_blocks(text, number, outline.get(number, []))


def _joined(found: re.Match[str]) -> str:
    """Return the two halves of a word without the hyphen between them, but keep that of a name or number."""
    return found[1] if found[1].islower() else f"-{found[1]}"


def _page_blocks(text: str, number: int, headings: list[tuple[int, str]]) -> Iterator[Block]:
    """Yield the page's blocks; a heading of the outline stands where its words are, else at the top."""
    lines = text.split("\n")
    at: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for level, title in headings:
        wanted = " ".join(title.split()).casefold()
        line = next((i for i, line in enumerate(lines) if " ".join(line.split()).casefold() == wanted), -1)
        at[line].append((level, title))
    start = 0
    for line, titles in sorted(at.items()):
        yield from _paragraphs(lines[start : max(line, 0)], number)
        yield from (Block(title, "heading", level=level, page=number) for level, title in titles)
        start = line + 1
    yield from _paragraphs(lines[start:], number)


def _paragraphs(lines: list[str], number: int) -> Iterator[Block]:
    for block in paragraphs("\n".join(lines)):
        yield Block(block.text, page=number)


def _outline(document: pypdfium2.PdfDocument) -> dict[int, list[tuple[int, str]]]:
    """Return page number → (level, title) of the outline's entries."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    try:
        for number, entry in enumerate(document.get_toc()):
            target = entry.get_dest()
            index = target.get_index() if target else None
            title = clean(entry.get_title()).strip()
            if index is not None and title and number < _MAX_OUTLINE:
                found[index + 1].append((entry.level + 1, title))
    except pypdfium2.PdfiumError:  # a damaged outline: the pages have their text without it
        return {}
    return found
