"""Translated documentation of public repositories, aligned with English by path and section."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from tools.train_tiny.training_text import TrainingText, clean, is_useful, language_of

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_FENCE = re.compile(r"^ *(```|~~~).*?^ *\1 *$", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->|\{/\*.*?\*/\}", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?)#* *(?:\{#.*\}|\{/\*.*)?$")
_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_TAG = re.compile(r"</?[A-Za-z][^>]*>")
_MARKS = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}|^[>\s]+|\{\{[^}]*\}\}|^:::.*", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[\w.-]+;")
_LEAST_PASSAGE, _MOST_PASSAGE = 120, 1400
_LEAST_BLOCK = 12
_SKIPPED = frozenset({"translations", "translated_images", "node_modules"})


@dataclass(frozen=True)
class Section:
    """A heading, its level and the paragraphs and list items below it."""

    level: int
    heading: str
    blocks: tuple[str, ...]

    @property
    def passage(self) -> str:
        """The paragraphs as one text, cut at a paragraph's end."""
        text = ""
        for block in self.blocks:
            if text and len(text) + len(block) > _MOST_PASSAGE:
                break
            text = f"{text} {block}".strip()
        return clean(text)


Parse = Callable[[str], list[Section]]
Align = Callable[[str, str, list[Section], list[Section]], Iterator[TrainingText]]


def parse_markdown(text: str) -> list[Section]:
    """Return the sections of a Markdown page without its code blocks, tables and markup."""
    text = _COMMENT.sub("", _FENCE.sub("", _FRONT_MATTER.sub("", text)))
    sections, level, heading, blocks, lines = [], 0, "", list[str](), list[str]()

    def end_block() -> None:
        block = plain_markdown(" ".join(lines))
        lines.clear()
        if len(block) >= _LEAST_BLOCK and is_useful(block):
            blocks.append(block)

    for line in text.splitlines():
        if match := _HEADING.match(line):
            end_block()
            sections.append(Section(level, heading, tuple(blocks)))
            level, heading, blocks = len(match[1]), plain_markdown(match[2]), []
        elif not line.strip() or line.lstrip().startswith("|"):
            end_block()
        else:
            if _ITEM.match(line):
                end_block()
            lines.append(_ITEM.sub("", line))
    end_block()
    return [*sections, Section(level, heading, tuple(blocks))]


def plain_markdown(text: str) -> str:
    """Return a piece of Markdown without its markup."""
    return clean(html.unescape(_MARKS.sub("", _TAG.sub("", _LINK.sub(r"\1", text)))))


@dataclass(frozen=True)
class Vocabulary:
    """The elements of a kind of XML that head a section, that hold its text, and that are left out."""

    headings: frozenset[str]
    blocks: frozenset[str]
    dropped: frozenset[str]


DOCBOOK = Vocabulary(
    frozenset({"title", "refname"}),
    frozenset({"para", "simpara", "refpurpose", "meaning"}),
    frozenset({"metadata", "figure", "table", "programlisting", "screen", "methodsynopsis", "exercise", "note"}),
)


def parse_xml(text: str, vocabulary: Vocabulary = DOCBOOK) -> list[Section]:
    """Return the sections of a page, DocBook or CNXML without another vocabulary."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(_ENTITY.sub("", text).encode(), parser)
    except etree.XMLSyntaxError:
        return []
    sections, heading, blocks = [], "", list[str]()
    for node in root.iter() if root is not None else ():
        if not isinstance(node.tag, str) or any(etree.QName(a).localname in vocabulary.dropped for a in _above(node)):
            continue
        name = etree.QName(node).localname
        words = clean("".join(node.itertext())) if name in vocabulary.blocks | vocabulary.headings else ""
        if name in vocabulary.headings:
            sections.append(Section(1, heading, tuple(blocks)))
            heading, blocks = words, []
        elif len(words) >= _LEAST_BLOCK and is_useful(words):
            blocks.append(words)
    return [*sections, Section(1, heading, tuple(blocks))]


def _above(node: etree._Element) -> Iterator[etree._Element]:
    yield from (a for a in node.iterancestors() if isinstance(a.tag, str))


def read_pages(  # noqa: PLR0913, PLR0917 - where pages lie and how they are read
    source: str,
    english: Path,
    translated: dict[str, Path],
    pages: str,
    parse: Parse,
    align: Align | None = None,
) -> Iterator[TrainingText]:
    """Yield the English pages below ``english`` and the parts of their translations that align.

    Args:
        source: Name of the source.
        english: Folder of the English pages.
        translated: By language the folder that mirrors it.
        pages: Glob of the pages.
        parse: Reads a page's sections.
        align: Yields what a translation's sections have of the English ones; `aligned_texts` without.
    """
    align = align or aligned_texts
    for page in sorted(english.glob(pages)):
        name = page.relative_to(english)
        if not _SKIPPED.isdisjoint(name.parts) or not page.is_file():
            continue
        original = parse(page.read_text("utf-8", "replace"))
        yield from english_texts(source, original)
        for lang, folder in translated.items():
            if (other := folder / name).is_file():
                yield from align(source, lang, original, parse(other.read_text("utf-8", "replace")))


def english_texts(source: str, sections: list[Section], lang: str = "en") -> Iterator[TrainingText]:
    """Yield each section's passage, with its heading, and the page's title before it, as queries."""
    title = next((section.heading for section in sections if section.heading), "")
    for section in sections:
        passage = section.passage
        if len(passage) < (_LEAST_PASSAGE if lang == "en" else _LEAST_PASSAGE // 3):
            continue
        yield TrainingText(source, lang, passage)
        if is_useful(section.heading):
            subject = section.heading if section.heading == title else f"{title}: {section.heading}"
            yield TrainingText(source, lang, clean(subject), role="query", answer=passage)


def aligned_texts(source: str, lang: str, english: list[Section], other: list[Section]) -> Iterator[TrainingText]:
    """Yield headings, paragraphs and passages of a translation whose sections are those of the original."""
    if [section.level for section in english] != [section.level for section in other]:
        return
    title = next((section.heading for section in other if section.heading), "")
    for original, found in zip(english, other, strict=True):
        for text, translation in _aligned_parts(original, found):
            if text != translation and is_useful(text) and is_useful(translation):
                yield TrainingText(source, lang, clean(translation), english=clean(text))
        if len(original.passage) >= _LEAST_PASSAGE and found.passage not in {"", original.passage} and found.heading:
            subject = found.heading if found.heading == title else f"{title}: {found.heading}"
            yield TrainingText(source, lang, clean(subject), role="query", answer=found.passage)


def _aligned_parts(original: Section, found: Section) -> list[tuple[str, str]]:
    """Return heading, paragraphs and passage of a section with those of its translation, paragraphs if as many."""
    pairs = [(original.heading, found.heading)]
    if len(original.blocks) == len(found.blocks):
        pairs += zip(original.blocks, found.blocks, strict=True)
        if len(original.blocks) > 1 and len(original.passage) >= _LEAST_PASSAGE:
            pairs.append((original.passage, found.passage))
    return pairs


def language_folders(folders: Iterator[Path]) -> dict[str, Path]:
    """Return by language the folder named after it; English is left out."""
    named = {language_of(folder.name): folder for folder in sorted(folders) if folder.is_dir()}
    return {lang: folder for lang, folder in named.items() if lang and lang != "en"}
