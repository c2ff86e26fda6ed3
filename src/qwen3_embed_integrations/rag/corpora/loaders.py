"""Read the text of one file, whatever its format and encoding."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from bs4 import BeautifulSoup
from langchain_core.documents import Document
from pypdf import PdfReader

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # byte order marks


class UnreadableFileError(Exception):
    """A file can't be read; the message is the end of a sentence that starts with the file's name."""


def read_file(path: Path, source: str) -> list[Document]:
    """Return a file's documents: one, or one a page for a PDF; none if it holds no text.

    Args:
        path: The file; its suffix decides the format.
        source: The file's name in citations.

    Raises:
        UnreadableFileError: The file is binary, damaged, protected, or may not be opened.
    """
    try:
        if not path.is_file():
            raise UnreadableFileError("is no regular file, or a link that leads nowhere")
        return list(READERS[path.suffix.lower()](path, source))
    except OSError as error:
        raise UnreadableFileError(f"can't be opened ({error.strerror or error})") from error


def _text(path: Path, source: str, kind: str) -> Iterator[Document]:
    yield from _document(_decoded(path.read_bytes()), source, path.stem, kind)


def _markdown(path: Path, source: str) -> Iterator[Document]:
    text = _decoded(path.read_bytes())
    headings = (line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#"))
    yield from _document(text, source, next(headings, "") or path.stem, "markdown")


def _html(path: Path, source: str) -> Iterator[Document]:
    data = path.read_bytes()
    _raise_if_binary(data)
    logging.getLogger("bs4.dammit").setLevel(logging.CRITICAL)  # it logs undecodable bytes without the file's name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on XML, and on text that looks like a file name
        page = BeautifulSoup(data, "html.parser")
    for tag in page(["script", "style", "template", "noscript"]):
        tag.decompose()
    title = page.title.get_text(" ", strip=True) if page.title else ""
    lines = (" ".join(line.split()) for line in page.get_text("\n").splitlines())
    yield from _document("\n".join(line for line in lines if line), source, title or path.stem, "html")


def _pdf(path: Path, source: str) -> Iterator[Document]:
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        pages = [page.extract_text() for page in PdfReader(path).pages]
    except OSError:
        raise
    except Exception as error:  # a damaged file can raise anything in pypdf
        raise UnreadableFileError(f"is no PDF that pypdf can read ({type(error).__name__}: {error})") from error
    if not any(page.strip() for page in pages):
        raise UnreadableFileError("is a PDF without text, perhaps a scan; run OCR on it")
    for number, page in enumerate(pages, start=1):
        yield from _document(page, f"{source} p. {number}", path.stem, "pdf")


def _document(text: str, source: str, title: str, kind: str) -> Iterator[Document]:
    if text.strip():
        yield Document(page_content=text, metadata={"source": source, "title": title, "format": kind})


def _decoded(data: bytes) -> str:
    """Decode by byte order mark, else as UTF-8, else as Windows-1252."""
    _raise_if_binary(data)
    encodings = ["utf-16"] if data.startswith(_UTF_16) else ["utf-8-sig", "windows-1252"]
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    raise UnreadableFileError("is text in an encoding that is neither UTF-8, UTF-16 nor Windows-1252")


def _raise_if_binary(data: bytes) -> None:
    if b"\0" in data and not data.startswith(_UTF_16):
        raise UnreadableFileError("is binary data, no text")


READERS: dict[str, Callable[[Path, str], Iterator[Document]]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": lambda path, source: _text(path, source, "text"),
    ".rst": lambda path, source: _text(path, source, "rst"),
    ".html": _html,
    ".htm": _html,
    ".pdf": _pdf,
}
"""Readers by suffix."""
