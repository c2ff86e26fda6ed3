"""Read presentations: one heading a slide, its texts, tables and notes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pptx import Presentation

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.limits import check_zip

from .docx import core_title

_MAX_DEPTH = 20  # of groups in groups


def read_pptx(path: Path) -> tuple[str, list[Block]]:
    """Return the title in the presentation's properties, or "", and its blocks.

    Raises:
        UnreadableFileError: The file is damaged, protected or over a limit.
    """
    check_zip(path)
    with zipfile.ZipFile(path) as archive:
        title = core_title(archive)
    try:
        presentation = Presentation(str(path))
        blocks = [block for number, slide in enumerate(presentation.slides, 1) for block in _slide(slide, number)]
    except Exception as error:  # damaged files raise KeyError, AttributeError and others
        reason = f"{type(error).__name__}: {error}"
        raise UnreadableFileError(f"is no presentation that can be read ({reason})") from error
    return title.removeprefix("PowerPoint Presentation"), blocks


def _slide(slide: Any, number: int) -> Iterator[Block]:
    title = slide.shapes.title
    heading = _text(title.text_frame) if title is not None and title.has_text_frame else ""
    yield Block(" ".join(heading.split()) or f"Slide {number}", "heading", level=1, slide=number)
    others = [shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id]
    yield from _shapes(others, number)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = _text(slide.notes_slide.notes_text_frame)
        if notes:
            yield Block(f"Notes: {notes}", slide=number)


def _shapes(shapes: Iterable[Any], number: int, depth: int = 0) -> Iterator[Block]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < _MAX_DEPTH:
            yield from _shapes(shape.shapes, number, depth + 1)
        elif getattr(shape, "has_table", False) and shape.has_table:
            lines = (" | ".join(" ".join(cell.text.split()) for cell in row.cells) for row in shape.table.rows)
            yield Block("\n".join(lines), "table", slide=number)
        elif shape.has_text_frame and (text := _text(shape.text_frame)):
            yield Block(text, "list" if "\n" in text else "paragraph", slide=number)


def _text(frame: Any) -> str:
    lines = (paragraph.text.replace("\v", " ").strip() for paragraph in frame.paragraphs)
    return "\n".join(line for line in lines if line)
