"""Find the reader of a file by its suffix: given on the command line, an entry point, or one of this package."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.decoding import clean
from qwen3_embed_integrations.rag.corpora.limits import MAX_TEXT_CHARACTERS, check_size

Reader = Callable[[Path], Any]
"""Takes a path; returns a text, an iterable of `Block`, or a title and such an iterable."""

ENTRY_POINTS = "qwen3_embed_integrations.readers"
"""Entry point group of other people's readers: the name is a suffix without dot, the object a `Reader`."""

_MAX_TITLE = 200  # characters
_MAX_HEADING = 300
_INVISIBLE = re.compile(  # soft hyphens, word joiners, and zero-width spaces where they separate no words
    "\u00ad\n?|[\u2060\ufeff]|(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b(?![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])"
)
_BEGINNING = 5  # blocks of a manual page that its section NAME is among
_NAME_LINE = re.compile(r"\S+(?:, \S+)* (?:-|\u2013|\u2014) \S")  # man-pages(7); whatis(1) reads it
_OWN = f"{__package__}."


def _suffixes(module: str, function: str, names: str) -> dict[str, str]:
    return {f".{name}": f"{_OWN}{module}:{function}" for name in names.split()}


READERS: Mapping[str, str] = {
    **_suffixes("markdown", "read_markdown", "md markdown mdown mkd mdx"),
    **_suffixes("plain_text", "read_text", "txt text log"),
    **_suffixes("rst", "read_rst", "rst"),
    **_suffixes("html", "read_html", "html htm xhtml"),
    **_suffixes("pdf", "read_pdf", "pdf"),
    **_suffixes("docx", "read_docx", "docx docm"),
    **_suffixes("pptx", "read_pptx", "pptx pptm"),
    **_suffixes("spreadsheet", "read_spreadsheet", "xlsx xlsm xls xlsb ods"),
    **_suffixes("delimited", "read_delimited", "csv tsv"),
    **_suffixes("structured_data", "read_json", "json"),
    **_suffixes("structured_data", "read_json_lines", "jsonl ndjson"),
    **_suffixes("notebook", "read_notebook", "ipynb"),
    **_suffixes("mail", "read_mail", "eml"),
    **_suffixes("mbox", "read_mbox", "mbox"),
    **_suffixes("rtf", "read_rtf", "rtf"),
    **_suffixes("ebook", "read_ebook", "epub"),
    **_suffixes("opendocument", "read_opendocument", "odt odp"),
    **_suffixes(
        "source_code",
        "read_source_code",
        "py pyi js mjs ts tsx jsx java kt scala go rs c h cc cpp hpp cs swift rb php pl lua r jl sh bash zsh ps1 sql",
    ),
}
"""Suffix → "module:function" of this package's readers."""

TEXT = f"{_OWN}plain_text:read_text"
"""The reader of a file of unknown suffix that holds text."""

NOT_DOCUMENTS = frozenset(
    re.findall(
        r"\S+",
        ".svg .css .scss .map .lock .ps .eps .tex~ .po .pem .key .crt .asc .sig",
    )
)
"""Suffixes of text files that hold no prose, or text that only another program shows as a person reads it."""


def readers(given: Mapping[str, str]) -> dict[str, str]:
    """Return suffix → "module:function": this package's readers, overridden by entry points, then by `given`.

    Args:
        given: Suffix without dot → "module:function".
    """
    others = {f".{entry.name.lower().lstrip('.')}": entry.value for entry in entry_points(group=ENTRY_POINTS)}
    own = {f".{suffix.lower().lstrip('.')}": target for suffix, target in given.items()}
    return {**READERS, **others, **own}


def load_reader(target: str) -> Reader:
    """Return the function that "module:function" names; the current folder is searched too.

    Raises:
        ConfigError: There is no such module or function.
    """
    module, _, function = target.partition(":")
    path = list(sys.path)
    if not module.startswith(_OWN):
        sys.path.append(str(Path.cwd()))
    try:
        reader = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"The reader {target!r} can't be loaded ({error}). Give a function that can be imported: module:function."
        ) from error
    finally:
        sys.path[:] = path
    if not callable(reader):
        raise ConfigError(
            f"The reader {target!r} is no function. Give one that takes a path and returns text or blocks."
        )
    return reader  # type: ignore[no-any-return] # callable, whatever it is


def read_document(path: Path, source: str, target: str) -> ParsedDocument:
    """Return what a reader finds in a file, cleaned: no lone surrogates, no NUL, no empty block.

    Args:
        path: The file.
        source: Its name in citations.
        target: The reader, as "module:function".

    Raises:
        UnreadableFileError: The file can't be read, or is over a limit.
        OSError: The file can't be opened.
    """
    if not path.is_file():
        raise UnreadableFileError("is no regular file, or a link that leads nowhere")
    check_size(path)
    title, blocks = _parts(load_reader(target)(path))
    found, n_characters = list[Block](), 0
    for block in blocks:
        if not isinstance(block, Block):
            raise UnreadableFileError(f"was read as {type(block).__name__} by {target}, which must return blocks")
        n_characters += len(block.text)
        if n_characters > MAX_TEXT_CHARACTERS:
            raise UnreadableFileError(f"holds more than {MAX_TEXT_CHARACTERS:,} characters")
        found.extend(_cleaned(block))
    return ParsedDocument(source, _title(title, found, path), tuple(found))


def _parts(result: Any) -> tuple[str, Iterable[Any]]:
    if isinstance(result, str):
        from .plain_text import paragraphs

        return "", paragraphs(clean(result))
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], str):  # noqa: PLR2004 - title, blocks
        return result
    return "", result


def _cleaned(block: Block) -> Iterable[Block]:
    text = _INVISIBLE.sub("", clean(block.text))
    if not text.strip():
        return
    kind = "paragraph" if block.kind == "heading" and len(text) > _MAX_HEADING else block.kind
    level = min(max(block.level, int(kind == "heading")), 9) if kind == block.kind else 0
    sheet = clean(block.sheet) if block.sheet else None
    anchor = clean(block.anchor) if block.anchor else None
    yield Block(text, kind, level, block.page, sheet, block.slide, block.cell, anchor)


def _manual_page_name(blocks: Sequence[Block]) -> str:
    """Return what the section NAME of a manual page holds, as in "ls - list directory contents", or ""."""
    for heading, text in pairwise(blocks[:_BEGINNING]):
        if heading.kind == "heading" and heading.text.strip().upper() == "NAME":
            line = " ".join(text.text.split())
            return line if _NAME_LINE.match(line) else ""
    return ""


def _title(title: str, blocks: list[Block], path: Path) -> str:
    """Return the document's own title, else its first heading if it is at the top, else the file's name."""
    shown = _manual_page_name(blocks) or " ".join(clean(title).split())
    if not shown and blocks and blocks[0].kind == "heading" and blocks[0].level == 1 and blocks[0].sheet is None:
        shown = " ".join(blocks[0].text.split())
    if not shown:
        shown = " ".join(path.stem.encode(errors="surrogateescape").decode(errors="replace").split())
    return shown[:_MAX_TITLE]
