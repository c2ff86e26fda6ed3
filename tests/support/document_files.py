"""Write a file of every format that the RAG command reads, each with a known sentence."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import xlsxwriter
from pptx import Presentation
from pptx.util import Inches
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

FACT = "Meals are paid up to 30 euros."
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def zipped(entries: dict[str, str | bytes], *, level: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive of these entries."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", level) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return data.getvalue()


def pdf_bomb(n_operators: int, n_pages: int = 1) -> bytes:
    """Return a small PDF whose pages share one stream of text operators, compressed twice."""
    operators = zlib.compress(zlib.compress(b"BT /F1 9 Tf " + b"(a)Tj " * n_operators + b"ET", 9), 9)
    pages = b" ".join(b"%d 0 R" % (5 + number) for number in range(n_pages))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 900 900]/Contents 3 0 R/Resources<</Font<</F1 4 0 R>>>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (pages, n_pages),
        b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(operators), operators),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *[page] * n_pages,
    ]
    body, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, data in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    size = len(objects) + 1
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n" % size + table + trailer


def docx(body: str, prefix: str = "") -> bytes:
    """Return a Word document whose body is this XML, with `prefix` before its root element."""
    kinds = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/>'
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/></w:style>' for n in (1, 2)
    )
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{kinds}</Types>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{link}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="s1" '
            f'Type="{link}/styles" Target="styles.xml"/></Relationships>',
            "word/styles.xml": f'<w:styles xmlns:w="{_W}">{styles}</w:styles>',
            "word/document.xml": f'<?xml version="1.0"?>{prefix}<w:document xmlns:w="{_W}"><w:body>{body}</w:body>'
            "</w:document>",
        }
    )


def word_paragraph(text: str, style: str = "") -> str:
    """Return the XML of a paragraph of a Word document."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def pdf(*pages: str, title: str = "", outline: dict[str, int] | None = None) -> PdfWriter:
    """Return a PDF of these pages, one line each."""
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(600, 100)
        names = {k: NameObject(f"/{k}") for k in ("Type", "Font", "Subtype", "Type1", "BaseFont", "Helvetica", "F1")}
        font = DictionaryObject({names["Type"]: names["Font"], names["Subtype"]: names["Type1"]})
        font[names["BaseFont"]] = names["Helvetica"]
        page[NameObject("/Resources")] = DictionaryObject({names["Font"]: DictionaryObject({names["F1"]: font})})
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 10 50 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    if title:
        writer.add_metadata({"/Title": title})
    for name, number in (outline or {}).items():
        writer.add_outline_item(title=name, page_number=number)
    return writer


def written(writer: PdfWriter) -> bytes:
    """Return a PDF's bytes."""
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def pptx(fact: str = FACT) -> bytes:
    """Return a presentation of two slides, the second with a table and notes."""
    presentation = Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "Travel"
    first.placeholders[1].text = "Book early"
    second = presentation.slides.add_slide(presentation.slide_layouts[5])
    second.shapes.title.text = "Costs"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for row, column, text in ((0, 0, "Item"), (0, 1, "Limit"), (1, 0, "Meals"), (1, 1, "30 euros")):
        table.cell(row, column).text = text
    second.notes_slide.notes_text_frame.text = fact
    data = io.BytesIO()
    presentation.save(data)
    return data.getvalue()


def xlsx(n_records: int = 2, fact: str = FACT) -> bytes:
    """Return a workbook of two sheets."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        limits = book.add_worksheet("Limits")
        limits.write_row(0, 0, ["Item", "Limit"])
        for number in range(1, n_records):
            limits.write_row(number, 0, [fact if number == 1 else f"Item {number}", number])
        book.add_worksheet("Other").write_row(0, 0, ["Nothing", "here"])
    return data.getvalue()


def opendocument(body: str, prefix: str = "") -> bytes:
    """Return an OpenDocument file whose content is this XML."""
    spaces = " ".join(f'xmlns:{name}="{_OFFICE}:{name}:1.0"' for name in ("office", "text", "table", "drawing"))
    spaces = spaces.replace("xmlns:drawing", "xmlns:draw")
    content = f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    kind = "spreadsheet" if "office:spreadsheet" in body else "text"
    data = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": prefix + content}
    return zipped({**data, "META-INF/manifest.xml": "<manifest/>"})


def epub(fact: str = FACT) -> bytes:
    """Return an e-book of two chapters, whose names in the archive are not in their order."""
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    package = (
        '<package><metadata><title>The handbook</title></metadata><manifest><item id="a" href="z.xhtml"/>'
        '<item id="b" href="a%20b.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    return zipped(
        {
            "META-INF/container.xml": container,
            "OPS/book.opf": package,
            "OPS/z.xhtml": "<html><body><h1>Start</h1><p>Welcome.</p></body></html>",
            "OPS/a b.xhtml": f"<html><body><h1>Costs</h1><p>{fact}</p></body></html>",
        }
    )


def notebook(fact: str = FACT) -> str:
    """Return a notebook with a Markdown cell, a code cell and its output."""
    cells = [
        {"cell_type": "markdown", "source": ["# Costs\n", "\n", fact]},
        {"cell_type": "code", "source": "1 + 1", "outputs": [{"data": {"text/plain": ["2"]}}]},
    ]
    return json.dumps({"cells": cells, "nbformat": 4})


def mail(fact: str = FACT) -> bytes:
    """Return an e-mail in HTML with an encoded subject."""
    return (
        "From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\r\nTo: all@example.org\r\n"
        "Subject: =?utf-8?q?Re:_Spesen_=C3=BC?=\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n"
        "Content-Type: text/html; charset=iso-8859-1\r\n\r\n"
        f"<p>{fact} Gr\xfc\xdfe</p>\r\n"
    ).encode("latin-1")


MAIL = mail()

FILES: dict[str, Callable[..., str | bytes]] = {
    "a.md": lambda fact=FACT: f"# Costs\n\n{fact}\n",
    "a.mdx": lambda fact=FACT: f"# Costs\n\n{fact}\n",
    "a.txt": lambda fact=FACT: fact,
    "a.log": lambda fact=FACT: fact,
    "README": lambda fact=FACT: fact,
    "a.conf": lambda fact=FACT: fact,
    "a.rst": lambda fact=FACT: f"Costs\n=====\n\n{fact}\n",
    "a.html": lambda fact=FACT: f"<title>Costs</title><h1>Costs</h1><p>{fact}</p>",
    "a.xhtml": lambda fact=FACT: f'<?xml version="1.0"?><html><body><p>{fact}</p></body></html>',
    "a.pdf": lambda fact=FACT: written(pdf("First page", fact)),
    "a.docx": lambda fact=FACT: docx(word_paragraph("Costs", "Heading1") + word_paragraph(fact)),
    "a.pptx": pptx,
    "a.xlsx": lambda fact=FACT: xlsx(fact=fact),
    "a.odt": lambda fact=FACT: opendocument(
        f'<office:text><text:h text:outline-level="1">Costs</text:h><text:p>{fact}</text:p></office:text>'
    ),
    "a.odp": lambda fact=FACT: opendocument(
        f'<office:presentation><draw:page draw:name="Costs"><draw:text-box><text:p>{fact}</text:p></draw:text-box>'
        "</draw:page></office:presentation>"
    ),
    "a.ods": lambda fact=FACT: opendocument(
        '<office:spreadsheet><table:table table:name="Limits"><table:table-row><table:table-cell '
        f'office:value-type="string"><text:p>{fact}</text:p></table:table-cell></table:table-row></table:table>'
        "</office:spreadsheet>"
    ),
    "a.epub": epub,
    "a.csv": lambda fact=FACT: f"Item;Text\nMeals;{fact}\nTrains;First class\n".encode("cp1252"),
    "a.tsv": lambda fact=FACT: f"Item\tText\nMeals\t{fact}\n",
    "a.json": lambda fact=FACT: json.dumps({"costs": [{"text": fact}]}),
    "a.jsonl": lambda fact=FACT: json.dumps({"text": fact}) + "\n" + json.dumps({"text": "Other"}) + "\n",
    "a.ipynb": notebook,
    "a.eml": mail,
    "a.py": lambda fact=FACT: f'import os\n\n\ndef costs():\n    """{fact}"""\n\n\nclass Other:\n    pass\n',
    "a.js": lambda fact=FACT: f"// {fact}\nexport function costs() {{\n  return 30;\n}}\n",
    "a.yaml": lambda fact=FACT: f"costs: {fact}\n",
    "a.toml": lambda fact=FACT: f'costs = "{fact}"\n',
    "utf16.txt": lambda fact=FACT: fact.encode("utf-16"),
    "utf16le.txt": lambda fact=FACT: fact.encode("utf-16-le"),
    "a.mbox": lambda fact=FACT: b"From a Mon Nov  2 10:00:00 2026\n" + mail("Other") + b"\nFrom b\n" + mail(fact),
    "a.rtf": lambda fact=FACT: rf"{{\rtf1\ansi\pard\outlinelevel0 Costs\par\pard {fact}\par}}",
    "terms.html": lambda fact=FACT: f"<html><body><h1>Costs</h1><dl><dt>Term</dt><dd>{fact}</dd></dl></body></html>",
    "mac.txt": lambda fact=FACT: f"First.\r\r{fact}\r",
    "dos.txt": lambda fact=FACT: f"First.\r\n\r\n{fact}\r\n",
    "bom.md": lambda fact=FACT: f"\ufeff# Costs\n\n{fact}\n",
    "windows.txt": lambda fact=FACT: f"Gr\u00fc\u00dfe \u201eaus\u201c K\u00f6ln: {fact}\n".encode("cp1252"),
    "japanese.txt": lambda fact=FACT: f"\u3053\u3093\u306b\u3061\u306f\u3002 {fact}\n".encode("shift_jis"),
    "korean.txt": lambda fact=FACT: f"\uc548\ub155\ud558\uc138\uc694. {fact}\n".encode("euc-kr"),
    "space 'and' \"quote\".md": lambda fact=FACT: f"# Costs\n\n{fact}\n",
    "bike \U0001f6b2.md": lambda fact=FACT: f"# Costs\n\n{fact}\n",
}
"""File name → a function that returns the contents."""


def write_files(folder: Path) -> None:
    """Write one file of every format into a folder."""
    for name, make in FILES.items():
        content = make()
        folder.joinpath(name).write_bytes(content.encode() if isinstance(content, str) else content)
