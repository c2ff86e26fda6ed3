"""LibreOffice's help in many languages.

Translated pages are aligned with the English page block by block, where both have as many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree, html
from tools.train_tiny.training_text import TrainingText, clean, is_useful, language_of

_HTML_BLOCKS = "//div[@id='DisplayArea']//*[self::h1 or self::h2 or self::h3 or self::p]"
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "title", "dt"})
_SECTION_NUMBER = re.compile(r"^(?:[A-Z]?\d+(?:\.\d+)*\.|\d+\.|Chapter \d+\.) *")
_HOW_TO = ("How do I {}?", "{} how to", "How can I {}?", "What is {}?", "Explain {}", "How does {} work?")
_MIN_ANSWER_CHARS = 40
_JOINED_CHARS = 900


def read_libreoffice(root: Path) -> Iterator[TrainingText]:
    """Yield LibreOffice's help in every language, aligned with English."""
    english = next(root.glob("libreoffice-help-en-us/usr/share/libreoffice/help/en-US"))
    folders = list(root.glob("libreoffice-help-*/usr/share/libreoffice/help/*"))
    yield from _aligned("libreoffice-help", english, folders, "text/**/*.html", _HTML_BLOCKS)


def _aligned(source: str, english: Path, folders: list[Path], pages: str, query: str) -> Iterator[TrainingText]:
    """Yield the English pages below ``english`` and what the other languages' ``folders`` have of each."""
    languages = {
        folder: lang
        for folder in sorted(folders)
        if folder.is_dir() and folder != english and (lang := language_of(folder.name)) and lang != "en"
    }
    for page in sorted(english.glob(pages)):
        blocks = _blocks(page, query)
        yield from _english_texts(source, blocks)
        yield from _joined(source, blocks)
        for folder, lang in languages.items():
            yield from _translated_texts(source, lang, blocks, folder / page.relative_to(english), query)


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


def _english_texts(source: str, blocks: list[tuple[bool, str]]) -> Iterator[TrainingText]:
    heading = ""
    for is_heading, text in blocks:
        if not is_useful(text):
            continue
        if is_heading:
            heading = _SECTION_NUMBER.sub("", text)
            continue
        yield TrainingText(source, "en", text)
        if is_useful(heading) and len(text) >= _MIN_ANSWER_CHARS:
            yield TrainingText(source, "en", heading, role="query", answer=text)
            yield TrainingText(source, "en", _asked(heading), role="query", answer=text)
            heading = ""


def _asked(heading: str) -> str:
    """Return the heading as a question; which one follows from its length."""
    if heading.endswith("?"):
        return heading.rstrip("?")
    plain = heading if heading[:2].isupper() else heading[0].lower() + heading[1:]
    return _HOW_TO[len(heading) % len(_HOW_TO)].format(plain)


def _translated_texts(
    source: str, lang: str, english: list[tuple[bool, str]], page: Path, query: str
) -> Iterator[TrainingText]:
    translated = _blocks(page, query)
    if len(translated) != len(english):
        return
    for (is_heading, original), (_, text) in zip(english, translated, strict=True):
        if original != text and is_useful(original) and is_useful(text):
            yield TrainingText(source, lang, text, role="query" if is_heading else "passage", english=original)


def _joined(source: str, blocks: list[tuple[bool, str]]) -> Iterator[TrainingText]:
    """Yield longer passages: paragraphs that follow each other, about 200 tokens together."""
    text = ""
    for _, block in blocks:
        text = f"{text} {block}".strip()
        if len(text) >= _JOINED_CHARS:
            yield TrainingText(f"{source}-long", "en", clean(text))
            text = ""
