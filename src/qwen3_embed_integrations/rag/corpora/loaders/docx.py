"""Read Word documents: mammoth turns them into HTML, whose reader keeps headings, lists and tables."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import mammoth

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.limits import check_zip, read_entry

from .html import html_blocks
from .xml import local_name, parse_xml

_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh\n"


def read_docx(path: Path) -> tuple[str, list[Block]]:
    """Return the title in the document's properties, or "", and its blocks.

    Raises:
        UnreadableFileError: The file is damaged, protected, over a limit, or defines XML entities.
    """
    check_zip(path)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                _check_entities(read_entry(archive, name), name)
        title = core_title(archive)
    try:
        with path.open("rb") as file:
            html = mammoth.convert_to_html(file, style_map=_STYLES, convert_image=_no_image).value
    except Exception as error:  # damaged files raise KeyError, AttributeError and others
        raise UnreadableFileError(f"is no Word document that can be read ({type(error).__name__}: {error})") from error
    return title, html_blocks(html)[1]


def core_title(archive: zipfile.ZipFile) -> str:
    """Return the title in an Office document's properties, or ""."""
    data = read_entry(archive, "docProps/core.xml")
    if not data:
        return ""
    titles = (element.text or "" for element in parse_xml(data, "docProps/core.xml") if local_name(element) == "title")
    return next(titles, "").strip()


def _check_entities(data: bytes, name: str) -> None:
    if b"<!DOCTYPE" in data[:2000] or b"<!ENTITY" in data:
        parse_xml(data, name)  # raises for entities, and lets a plain document type pass


def _no_image(_: Any) -> list[Any]:
    return []
