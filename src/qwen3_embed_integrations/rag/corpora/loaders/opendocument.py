"""Read OpenDocument texts and presentations (.odt, .odp)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from qwen3_embed_integrations.rag.corpora.blocks import Block
from qwen3_embed_integrations.rag.corpora.limits import check_zip, read_entry

from .xml import attribute, local_name, parse_xml

_SPACES = {"tab": "\t", "line-break": "\n", "s": " "}
_SKIPPED = frozenset({"annotation", "tracked-changes", "forms", "scripts", "font-face-decls", "automatic-styles"})
_MAX_DEPTH = 200


def read_opendocument(path: Path) -> tuple[str, list[Block]]:
    """Return the title in the document's properties, or "", and its blocks.

    Raises:
        UnreadableFileError: The file is damaged, protected, over a limit, or defines XML entities.
    """
    check_zip(path)
    with zipfile.ZipFile(path) as archive:
        content = parse_xml(read_entry(archive, "content.xml") or b"<none/>", "content.xml")
        properties = parse_xml(read_entry(archive, "meta.xml") or b"<none/>", "meta.xml")
    title = next((element.text or "" for element in properties.iter() if local_name(element) == "title"), "")
    return title.strip(), list(_Walk().blocks(content, "paragraph", 0))


class _Walk:
    """Yields the blocks of content.xml and counts the slides."""

    def __init__(self) -> None:
        self._slide: int | None = None

    def blocks(self, element: Element, kind: str, depth: int) -> Iterator[Block]:
        """Yield the blocks inside an element."""
        name = local_name(element)
        if name in _SKIPPED or depth > _MAX_DEPTH:
            return
        if name == "page":
            self._slide = (self._slide or 0) + 1
            yield Block(attribute(element, "name") or f"Slide {self._slide}", "heading", level=1, slide=self._slide)
        if name in ("h", "p"):
            yield from self._text(element, name, kind)
        elif name == "table":
            lines = (_line(row) for row in element.iter() if local_name(row) == "table-row")
            if text := "\n".join(line for line in lines if line):
                yield Block(text, "table", slide=self._slide)
        else:
            inner = "list" if name == "list-item" else kind
            for child in element:
                yield from self.blocks(child, inner, depth + 1)

    def _text(self, element: Element, name: str, kind: str) -> Iterator[Block]:
        text = _inline(element).strip()
        if not text:
            return
        if name == "h":
            level = attribute(element, "outline-level")
            yield Block(text, "heading", level=int(level) if level.isdigit() and int(level) else 1, slide=self._slide)
        elif kind == "list":
            yield Block(f"- {text}", "list", slide=self._slide)
        else:
            yield Block(text, slide=self._slide)


def _line(row: Element) -> str:
    cells = (cell for cell in row if local_name(cell) in ("table-cell", "covered-table-cell"))
    return " | ".join(" ".join(_inline(cell).split()) for cell in cells).rstrip(" |")


def _inline(element: Element) -> str:
    """Return the text of an element: spaces, tabs and line breaks are elements of their own."""
    parts = [element.text or ""]
    for child in element:
        name = local_name(child)
        if name in _SPACES:
            count = attribute(child, "c")
            parts.append(_SPACES[name] * (min(int(count), 100) if count.isdigit() else 1))
        elif name not in ("annotation", "note-citation"):
            parts.append(f" {_inline(child)} " if name in ("p", "h", "note") else _inline(child))
        parts.append(child.tail or "")
    return "".join(parts)
