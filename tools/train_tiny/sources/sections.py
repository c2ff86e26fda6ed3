"""Whole sections of manuals: long passages, with their headings as the questions that they answer.

Translated manuals are aligned with the English one section by section, where both have as many blocks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree, html
from tools.train_tiny.training_text import MAX_CHARS, TrainingText, clean, is_useful, language_of

_BLOCKS = (
    "//body//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::p or self::pre"
    " or (self::li and not(.//p)) or (self::dd and not(.//p)) or self::dt or (self::div and @class='para')]"
    "[not(ancestor::nav or ancestor::header or ancestor::footer or ancestor::table)]"
    "[not(ancestor::*[contains(@class, 'sidebar') or contains(@class, 'toctree') or contains(@class, 'related')"
    " or contains(@class, 'toc')])]"
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_NUMBER = re.compile(
    r"^(?:(?:Chapter|Section|Appendix|Kapitel|Capítulo|Chapitre|Capitolo|Глава) )?[A-Z]?\d*(?:\.\d+)*\.?[ :\xa0]+(?=\S)"
)
_LEAST_CHARS = 200
_MANY = 3  # a heading that a manual has more often, such as "Notes", asks for nothing
_WINDOWS = 3  # passages of one section


@dataclass(frozen=True)
class Manual:
    """Where a manual lies.

    Attributes:
        source: Name of the source.
        english: Folder of the English pages, below the unpacked packages.
        pages: Glob of the pages below it.
        translations: Glob of the folders of translated pages, whose names tell the language.
    """

    source: str
    english: str
    pages: str = "**/*.html"
    translations: str | None = None


_DOC = "usr/share/doc"
MANUALS = (
    Manual("python-sections", f"python3.11-doc/{_DOC}/python3.11/html"),
    Manual("django-sections", f"python-django-doc/{_DOC}/python-django-doc/html"),
    Manual("sqlalchemy-sections", f"python-sqlalchemy-doc/{_DOC}/python-sqlalchemy-doc/html"),
    Manual("scipy-sections", f"python-scipy-doc/{_DOC}/python-scipy-doc/html"),
    Manual("pandas-sections", f"python-pandas-doc/{_DOC}/python-pandas-doc/html"),
    Manual("sklearn-sections", f"python-sklearn-doc/{_DOC}/python-sklearn-doc/html"),
    Manual("flask-sections", f"python-flask-doc/{_DOC}/python-flask-doc/html"),
    Manual("debian-faq-sections", f"debian-faq/{_DOC}/debian/FAQ"),
    Manual("debian-reference-sections", "debian-reference-en/usr/share/debian-reference", "*.en.html"),
    Manual("debian-policy-sections", f"debian-policy/{_DOC}/debian-policy", "policy.html/*.html"),
    Manual("developers-reference-sections", "developers-reference/usr/share/developers-reference", "*.html"),
    Manual("sqlite-sections", f"sqlite3-doc/{_DOC}/sqlite3"),
    Manual("rust-sections", f"rust-doc/{_DOC}/rust-doc/html", "*/*.html"),
    Manual("rust-std-sections", f"rust-doc/{_DOC}/rust-doc/html/std", "*/*.html"),
    Manual("r-sections", f"r-doc-html/{_DOC}/r-doc-html/manual"),
    Manual("nodejs-sections", f"nodejs-doc/{_DOC}/nodejs/api"),
    Manual("gnuplot-sections", f"gnuplot-doc/{_DOC}/gnuplot/htmldocs"),
    Manual("maxima-sections", f"maxima-doc/{_DOC}/maxima-doc/html"),
    Manual("octave-sections", f"octave-doc/{_DOC}/octave"),
    Manual("git-sections", f"git-doc/{_DOC}/git-doc"),
    Manual("apache-sections", f"apache2-doc/{_DOC}/apache2-doc/manual/en", translations="../*"),
    Manual(
        "installation-sections", f"installation-guide-amd64/{_DOC}/installation-guide-amd64/en", translations="../*"
    ),
    Manual("handbook-sections", f"debian-handbook/{_DOC}/debian-handbook/html/en-US", translations="../*"),
    Manual(
        "libreoffice-sections",
        "libreoffice-help-en-us/usr/share/libreoffice/help/en-US/text",
        translations="../../../../../../../libreoffice-help-*/usr/share/libreoffice/help/*/text",
    ),
    Manual(
        "gimp-sections",
        "gimp-help-en/usr/share/gimp/2.0/help/en",
        translations="../../../../../../../gimp-help-*/usr/share/gimp/2.0/help/*",
    ),
    Manual("gnucash-sections", f"gnucash-docs/{_DOC}/gnucash-docs/gnucash-guide-en"),
)


def read_manual(root: Path, manual: Manual) -> Iterator[TrainingText]:
    """Yield the sections of one manual below ``root``, their headings, and the translations of both."""
    english = root / manual.english
    pages = {
        page: page_sections(page) for page in sorted(english.glob(manual.pages)) if "perl" not in page.name.lower()
    }
    asked = Counter(section.heading for sections in pages.values() for section in sections)
    folders = _languages(english, manual)
    for page, sections in pages.items():
        for section in sections:
            yield from section_texts(manual.source, section, asked)
        for folder, lang in folders.items():
            yield from translated_texts(
                manual.source, lang, sections, page_sections(folder / page.relative_to(english))
            )


@dataclass(frozen=True)
class PageSection:
    """A heading and the passages below it; ``n_blocks`` tells whether a translation has the same parts."""

    heading: str
    passages: tuple[str, ...]
    n_blocks: int


def _languages(english: Path, manual: Manual) -> dict[Path, str]:
    if manual.translations is None or not english.exists():
        return {}
    found = {folder.resolve() for folder in english.glob(manual.translations)}
    named = {
        folder: language_of(folder.parent.name if folder.name == "text" else folder.name) for folder in sorted(found)
    }
    return {folder: lang for folder, lang in named.items() if lang and lang != "en"}


def page_sections(page: Path) -> list[PageSection]:
    """Return the sections of one HTML page, none if it is missing."""
    if not page.is_file():
        return []
    try:
        tree = html.parse(str(page), html.HTMLParser(encoding="utf-8"))
    except etree.XMLSyntaxError:
        return []
    sections: list[PageSection] = []
    heading, blocks = "", list[str]()
    for block in tree.xpath(_BLOCKS) if tree.getroot() is not None else ():
        text = clean("".join(block.itertext()).replace("¶", "").replace("\x00", ""))
        if block.tag in _HEADINGS:
            sections.append(PageSection(heading, _passages(blocks), len(blocks)))
            heading, blocks = _NUMBER.sub("", text), []
        elif text and (not blocks or text not in blocks[-1]):
            blocks.append(text)
    return [*sections, PageSection(heading, _passages(blocks), len(blocks))]


def _passages(blocks: list[str]) -> tuple[str, ...]:
    """Join the blocks to at most `_WINDOWS` passages of up to `MAX_CHARS` characters; the shortest are dropped."""
    passages = [""]
    for block in blocks:
        joined = f"{passages[-1]} {block}".strip()
        if len(joined) > MAX_CHARS and passages[-1]:
            passages.append(block)
        else:
            passages[-1] = joined
    return tuple(text for passage in passages if len(text := clean(passage)) >= _LEAST_CHARS and is_useful(text))[
        :_WINDOWS
    ]


def section_texts(source: str, section: PageSection, asked: Counter[str]) -> Iterator[TrainingText]:
    """Yield a section's passages, and its heading if it asks for them: ``asked`` tells how often the manual has it."""
    for passage in section.passages:
        yield TrainingText(source, "en", passage)
    if section.passages and is_useful(section.heading) and asked[section.heading] <= _MANY:
        yield TrainingText(source, "en", section.heading, role="query", answer=section.passages[0])


def translated_texts(
    source: str, lang: str, english: list[PageSection], translated: list[PageSection]
) -> Iterator[TrainingText]:
    """Yield passages and headings of a translation whose sections have as many blocks as the English ones."""
    if [section.n_blocks for section in english] != [section.n_blocks for section in translated]:
        return
    for original, found in zip(english, translated, strict=True):
        if len(original.passages) == len(found.passages):
            for passage, text in zip(original.passages, found.passages, strict=True):
                if passage != text:
                    yield TrainingText(source, lang, text, english=passage)
        both = is_useful(original.heading) and is_useful(found.heading)
        if original.passages and both and original.heading != found.heading:
            yield TrainingText(source, lang, found.heading, role="query", english=original.heading)
