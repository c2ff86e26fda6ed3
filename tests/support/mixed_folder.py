"""Write a folder of files in many formats, whose contents are in tests/judged/mixed_files.json."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import xlsxwriter
from pptx import Presentation

from document_files import docx, opendocument, pdf, word_paragraph, written, zipped

QUESTIONS_FOLDER = Path(__file__).parent.parent / "judged"
Section = tuple[str, str]
"""A heading, "" for none, and the text below it."""


def write_mixed_folder(folder: Path) -> None:
    """Write every file of tests/judged/mixed_files.json into a folder."""
    for name, sections in json.loads((QUESTIONS_FOLDER / "mixed_files.json").read_text(encoding="utf-8")).items():
        suffix = Path(name).suffix
        content = _WRITERS.get(suffix, _plain)([(heading, text) for heading, text in sections])
        folder.joinpath(name).write_bytes(content.encode() if isinstance(content, str) else content)


def _plain(sections: Sequence[Section]) -> str:
    return "\n".join(text for _, text in sections)


def _markdown(sections: Sequence[Section]) -> str:
    return "\n".join(f"# {heading}\n\n{text}\n" for heading, text in sections)


def _rst(sections: Sequence[Section]) -> str:
    return "\n".join(f"{heading}\n{'=' * len(heading)}\n\n{text}\n" for heading, text in sections)


def _html(sections: Sequence[Section]) -> str:
    return "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in sections)


def _word(sections: Sequence[Section]) -> bytes:
    return docx("".join(word_paragraph(heading, "Heading1") + word_paragraph(text) for heading, text in sections))


def _pdf(sections: Sequence[Section]) -> bytes:
    return written(pdf(*(text for _, text in sections)))


def _slides(sections: Sequence[Section]) -> bytes:
    presentation = Presentation()
    for heading, text in sections:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = heading
        slide.placeholders[1].text = text
    data = io.BytesIO()
    presentation.save(data)
    return data.getvalue()


def _workbook(sections: Sequence[Section]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        for heading, table in sections:
            sheet = book.add_worksheet(heading)
            for number, line in enumerate(table.splitlines()):
                for column, text in enumerate(line.split(";")):
                    sheet.write(number, column, text)
    return data.getvalue()


def _writer(sections: Sequence[Section]) -> bytes:
    parts = (f'<text:h text:outline-level="1">{h}</text:h><text:p>{text}</text:p>' for h, text in sections)
    return opendocument(f"<office:text>{''.join(parts)}</office:text>")


def _book(sections: Sequence[Section]) -> bytes:
    names = [f"{number}.xhtml" for number in range(len(sections))]
    items = "".join(f'<item id="c{name}" href="{name}"/>' for name in names)
    spine = "".join(f'<itemref idref="c{name}"/>' for name in names)
    package = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
    chapters = {
        f"OPS/{name}": f"<html><body><h1>{heading}</h1><p>{text}</p></body></html>"
        for name, (heading, text) in zip(names, sections, strict=True)
    }
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    return zipped({"META-INF/container.xml": container, "OPS/book.opf": package, **chapters})


def _notebook(sections: Sequence[Section]) -> str:
    cells = [{"cell_type": "markdown", "source": f"# {heading}\n\n{text}"} for heading, text in sections]
    return json.dumps({"cells": cells, "nbformat": 4})


def _mail(sections: Sequence[Section]) -> str:
    ((subject, text),) = sections
    return f"From: amara@example.org\nTo: all@example.org\nSubject: {subject}\n\n{text}\n"


def _python(sections: Sequence[Section]) -> str:
    return "\n\n".join(f'def {heading}():\n    """{text}"""\n' for heading, text in sections)


_WRITERS: dict[str, Callable[[Sequence[Section]], str | bytes]] = {
    ".docx": _word,
    ".eml": _mail,
    ".epub": _book,
    ".html": _html,
    ".ipynb": _notebook,
    ".md": _markdown,
    ".odt": _writer,
    ".pdf": _pdf,
    ".pptx": _slides,
    ".py": _python,
    ".rst": _rst,
    ".xlsx": _workbook,
}
