"""Read e-books (.epub): the chapters in the order of the spine, by the HTML reader."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.decoding import decode
from qwen3_embed_integrations.rag.corpora.limits import check_zip, read_entry

from .html import html_blocks
from .xml import attribute, local_name, parse_xml

_CONTAINER = "META-INF/container.xml"


def read_ebook(path: Path) -> tuple[str, list[Block]]:
    """Return the title and the blocks of an e-book.

    Raises:
        UnreadableFileError: The file is damaged, protected, over a limit, or no e-book.
    """
    check_zip(path)
    with zipfile.ZipFile(path) as archive:
        container = parse_xml(read_entry(archive, _CONTAINER) or b"<none/>", _CONTAINER)
        package = next((attribute(e, "full-path") for e in container.iter() if local_name(e) == "rootfile"), "")
        if not package:
            raise UnreadableFileError("is no e-book: it names no package")
        root = parse_xml(read_entry(archive, package) or b"<none/>", package)
        title = next((element.text or "" for element in root.iter() if local_name(element) == "title"), "")
        return " ".join(title.split()), list(_chapters(archive, root, posixpath.dirname(package)))


def _chapters(archive: zipfile.ZipFile, root: Element, folder: str) -> Iterator[Block]:
    items = {attribute(e, "id"): attribute(e, "href") for e in root.iter() if local_name(e) == "item"}
    for reference in (element for element in root.iter() if local_name(element) == "itemref"):
        name = unquote(items.get(attribute(reference, "idref"), "")).partition("#")[0]
        data = read_entry(archive, posixpath.normpath(posixpath.join(folder, name))) if name else b""
        if data:
            yield from _chapter(data)


def _chapter(data: bytes) -> Iterator[Block]:
    title, blocks = html_blocks(decode(data))
    if title and blocks and not any(block.kind == "heading" for block in blocks):
        yield Block(title, "heading", level=1)
    yield from blocks
