"""Translated pages whose parts are checked one by one: what stayed English is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.train_tiny.training_text import TrainingText

from .translated_docs import Section, aligned_texts, english_texts, parse_markdown, read_pages
from .translation_pairs import in_script, is_untranslated, preferred_folders

_NON_LATIN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff]")
_STRAY = re.compile(r"(?:^|\s)[,;:](?:\s|$)|\(\s*\)|:::")
_RASPBERRY_MARKS = re.compile(r"^\s*(?:---.*|\{:.*|\[\[\[.*|(?:language|filename|line_[a-z_]+): .*)$", re.MULTILINE)
_RASPBERRY_CODE = re.compile(r"^\s*--- code ---.*?--- /code ---", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
_PRACTICES = {
    "brazilian-portuguese": "pt", "chinese": "zh", "french": "fr", "japanese": "ja", "korean": "ko", "polish": "pl",
    "russian": "ru",
}  # fmt: skip
_VUE = ("ja", "ko", "zh-cn", "ru", "fr")


def checked_texts(source: str, lang: str, english: list[Section], other: list[Section]) -> Iterator[TrainingText]:
    """Yield what `aligned_texts` does, without what the translation has in English or another script."""
    if [section.level for section in english] != [section.level for section in other]:
        return
    kept = [_without_copies(*both) for both in zip(english, other, strict=True)]
    for item in aligned_texts(source, lang, [original for original, _ in kept], [found for _, found in kept]):
        is_copy = item.english is not None and is_untranslated(item.english, item.text)
        if not is_copy and in_script(lang, item.answer or item.text) and in_script(lang, item.text):
            yield item


def _without_copies(original: Section, found: Section) -> tuple[Section, Section]:
    """Return both sections without the blocks that they share, without any if these can't be told apart."""
    if len(original.blocks) == len(found.blocks):
        both = [pair for pair in zip(original.blocks, found.blocks, strict=True) if pair[0] != pair[1]]
        left, right = (tuple(pair[side] for pair in both) for side in (0, 1))
    elif set(original.blocks) & set(found.blocks):
        left, right = (), ()
    else:
        return original, found
    return Section(original.level, original.heading, left), Section(found.level, found.heading, right)


def read_beginners(root: Path) -> Iterator[TrainingText]:
    """Yield courses for beginners, whose translations machines made, where the English holds no other script."""
    for name in ("edgeai-for-beginners", "AZD-for-beginners"):
        folder = root / f"microsoft+{name}"
        languages = preferred_folders((folder / "translations").iterdir())
        for item in read_pages(name.lower(), folder, languages, "**/*.md", parse_markdown, checked_texts):
            english = (item.english,) if item.lang != "en" else (item.text, item.answer)
            if not any(_NON_LATIN.search(text) for text in english if text):
                yield item


def read_tensorflow(root: Path) -> Iterator[TrainingText]:
    """Yield TensorFlow's guides and notebooks."""
    site = root / "tensorflow+docs-l10n/site"
    languages = preferred_folders(folder for folder in site.iterdir() if folder.name != "en-snapshot")
    for pages, parse in (("**/*.md", parse_markdown), ("**/*.ipynb", parse_notebook)):
        yield from read_pages("tensorflow-docs", site / "en-snapshot", languages, pages, parse, checked_texts)


def parse_notebook(text: str) -> list[Section]:
    """Return the sections of a notebook's Markdown cells without tables and the licence."""
    try:
        cells = json.loads(text)["cells"]
    except json.JSONDecodeError:
        return []
    marked = (_TABLE.sub("", "".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown")
    return parse_markdown("\n\n".join(cell for cell in marked if "Copyright" not in cell))


def read_vue(root: Path) -> Iterator[TrainingText]:
    """Yield Vue's documentation, but what its components left in pieces."""
    languages = {lang[:2]: root / f"vuejs-translations+docs-{lang}/src" for lang in _VUE}
    for item in read_pages("vue-docs", root / "vuejs+docs/src", languages, "**/*.md", parse_markdown, checked_texts):
        if not any(_STRAY.search(text) for text in (item.text, item.english, item.answer) if text):
            yield item


def read_websites(root: Path) -> Iterator[TrainingText]:
    """Yield sites and guides: Node.js, practices for Node.js, Ant Design, system design, Raspberry Pi's projects."""
    node = root / "nodejs+nodejs.org/apps/site/pages"
    languages = preferred_folders(node.iterdir())
    for pages in ("**/*.md", "**/*.mdx"):
        yield from read_pages("nodejs-site", node / "en", languages, pages, parse_markdown, checked_texts)
    practices = root / "goldbergyoni+nodebestpractices"
    yield from _named_pages("node-best-practices", practices, r"^[^.]+(?=\.md$)", _practice_translations)
    yield from _named_pages(
        "ant-design-docs", root / "ant-design+ant-design", r"^.*(?=\.en-US\.md$)", _ant_translations
    )
    primer = parse_markdown((root / "donnemartin+system-design-primer/README.md").read_text("utf-8"))
    yield from english_texts("system-design-primer", primer)
    for folder in sorted(root.glob("raspberrypilearning+*/")):
        languages = preferred_folders(folder.iterdir())
        yield from read_pages("raspberry-pi-projects", folder / "en", languages, "*.md", parse_project, checked_texts)


def parse_project(text: str) -> list[Section]:
    """Return the sections of a page of Raspberry Pi's projects without code and the marks of its boxes."""
    return parse_markdown(_RASPBERRY_MARKS.sub("", _RASPBERRY_CODE.sub("", text)))


def _named_pages(
    source: str, root: Path, english: str, translations: Callable[[str], dict[str, str]]
) -> Iterator[TrainingText]:
    """Yield pages with translations beside them.

    Args:
        source: Name of the source.
        root: Folder below which all lie.
        english: Pattern of the English pages' names, which finds the stem.
        translations: Returns by language the name of the translation of the page with that stem.
    """
    for page in sorted(root.rglob("*.md")):
        if match := re.search(english, page.name):
            original = _without_examples(parse_markdown(page.read_text("utf-8", "replace")))
            yield from english_texts(source, original)
            for lang, name in translations(match[0]).items():
                if (other := page.with_name(name)).is_file():
                    sections = _without_examples(parse_markdown(other.read_text("utf-8", "replace")))
                    yield from checked_texts(source, lang, original, sections)


def _practice_translations(stem: str) -> dict[str, str]:
    return {lang: f"{stem}.{name}.md" for name, lang in _PRACTICES.items()}


def _ant_translations(stem: str) -> dict[str, str]:
    return {"zh": f"{stem}.zh-CN.md"}


def _without_examples(sections: list[Section]) -> list[Section]:
    """Return the sections but for lists of examples' titles."""
    return [section for section in sections if section.heading not in {"Examples", "代码演示"}]
