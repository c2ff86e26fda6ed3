"""Documentation pages: Python's manual, LibreOffice's help and GNOME's help.

Translated pages are aligned with the English page block by block, where both have as many.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree, html
from tools.train_tiny.units import Unit, clean, is_useful, language_of

_HTML_BLOCKS = "//div[@id='DisplayArea']//*[self::h1 or self::h2 or self::h3 or self::p]"
_MANUAL_BLOCKS = (
    "//div[@class='body']//*[self::h1 or self::h2 or self::h3 or self::p or self::dt[starts-with(@class, 'sig')]]"
)
_MALLARD_BLOCKS = "//*[local-name()='title' or local-name()='p' or local-name()='desc']"
_HEADINGS = frozenset({"h1", "h2", "h3", "title", "dt"})
_MIN_ANSWER_CHARS = 40
_JOINED_CHARS = 900


def read_libreoffice(root: Path) -> Iterator[Unit]:
    """Yield LibreOffice's help in every language, aligned with English."""
    english = next(root.glob("libreoffice-help-en-us/usr/share/libreoffice/help/en-US"))
    folders = {
        folder: lang
        for folder in sorted(root.glob("libreoffice-help-*/usr/share/libreoffice/help/*"))
        if folder.is_dir() and folder != english and (lang := language_of(folder.name))
    }
    for page in sorted(english.glob("text/**/*.html")):
        blocks = _blocks(page, _HTML_BLOCKS)
        yield from _english_units("libreoffice-help", blocks)
        for folder, lang in folders.items():
            yield from _translated_units(
                "libreoffice-help", lang, blocks, folder / page.relative_to(english), _HTML_BLOCKS
            )


def read_gnome(root: Path) -> Iterator[Unit]:
    """Yield GNOME's user help in every language, aligned with English."""
    help_root = root / "gnome-user-docs/usr/share/help"
    folders = {
        folder: lang
        for folder in sorted(help_root.iterdir())
        if folder.name != "C" and (lang := language_of(folder.name))
    }
    for page in sorted((help_root / "C").glob("*/*.page")):
        blocks = _blocks(page, _MALLARD_BLOCKS)
        yield from _english_units("gnome-help", blocks)
        for folder, lang in folders.items():
            yield from _translated_units(
                "gnome-help", lang, blocks, folder / page.relative_to(help_root / "C"), _MALLARD_BLOCKS
            )


def read_python_manual(root: Path) -> Iterator[Unit]:
    """Yield the paragraphs of Python's manual, headings as queries for what follows them."""
    manual = root / "python3.11-doc/usr/share/doc/python3.11/html"
    for page in sorted(manual.rglob("*.html")):
        if not page.name.startswith(("genindex", "search", "py-modindex")):
            blocks = _blocks(page, _MANUAL_BLOCKS)
            yield from _english_units("python-manual", blocks)
            yield from _joined(blocks)


def _blocks(page: Path, query: str) -> list[tuple[bool, str]]:
    """Return (is a heading, text) of every block of one page, in order."""
    if not page.is_file():
        return []
    parse = etree.parse if page.suffix == ".page" else html.parse
    try:
        tree = parse(str(page))
    except etree.XMLSyntaxError:
        return []
    return [
        (etree.QName(block).localname in _HEADINGS, clean("".join(block.itertext()).replace("¶", "")))
        for block in tree.xpath(query)
    ]


def _english_units(source: str, blocks: list[tuple[bool, str]]) -> Iterator[Unit]:
    heading = ""
    for is_heading, text in blocks:
        if not is_useful(text):
            continue
        if is_heading:
            heading = text
            continue
        yield Unit(source, "en", text)
        if heading and len(text) >= _MIN_ANSWER_CHARS:
            yield Unit(source, "en", heading, role="query", answer=text)
            heading = ""


def _translated_units(
    source: str, lang: str, english: list[tuple[bool, str]], page: Path, query: str
) -> Iterator[Unit]:
    translated = _blocks(page, query)
    if len(translated) != len(english):
        return
    for (is_heading, original), (_, text) in zip(english, translated, strict=True):
        if original != text and is_useful(original) and is_useful(text):
            yield Unit(source, lang, text, role="query" if is_heading else "passage", english=original)


def _joined(blocks: list[tuple[bool, str]]) -> Iterator[Unit]:
    """Yield longer passages: paragraphs that follow each other, about 200 tokens together."""
    text = ""
    for _, block in blocks:
        text = f"{text} {block}".strip()
        if len(text) >= _JOINED_CHARS:
            yield Unit("python-manual-long", "en", clean(text))
            text = ""
