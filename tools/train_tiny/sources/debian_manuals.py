"""Manuals of Debian packages whose translations lie in packages of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.train_tiny.training_text import TrainingText, language_of

from .sections import Manual, page_sections, read_manual, section_texts, translated_texts
from .translation_pairs import in_script, is_untranslated

_DOC = "usr/share/doc"
ENGLISH_MANUALS = (
    Manual("anarchism-faq", f"anarchism/{_DOC}/anarchism/html"),
    Manual("debian-history", f"debian-history/{_DOC}/debian-history", "**/*.en.html"),
)
TRANSLATED = {
    "lilypond-doc-html": ("de", "es", "fr", "it", "ja", "nl", "zh"),
    "debian-reference": ("de", "fr", "it", "ja", "pt", "zh-cn", "es"),
    "aptitude-doc": ("fr", "it", "ja", "es", "ru", "nl", "fi"),
    "maint-guide": ("de", "fr", "it", "ja", "zh-cn", "es", "ru"),
    "developers-reference": ("de", "fr", "it", "ja", "ru"),
}
_LIVE_MANUAL = ("de", "es", "fr", "it", "ja", "pl", "pt_BR")
_REQUEST = "We welcome your aid"  # LilyPond's pages ask for translators

Pages = Iterator[tuple[Path, Mapping[str, Path]]]


def read_english_manuals(packages: Path) -> Iterator[TrainingText]:
    """Yield the sections of manuals without translations."""
    for manual in ENGLISH_MANUALS:
        yield from read_manual(packages, manual)


def read_translated_manuals(packages: Path) -> Iterator[TrainingText]:
    """Yield LilyPond's and Debian's manuals with translations; English ones that `MANUALS` has are not repeated."""
    lilypond = packages / "lilypond-doc-html"
    english = [
        page for page in sorted(lilypond.rglob("*.html")) if "big-page" not in page.name and page.name.count(".") == 1
    ]
    yield from _texts("lilypond-docs", _by_path(packages, lilypond, english))
    reference = packages / "debian-reference-en/usr/share/debian-reference"
    yield from _texts("debian-reference-translations", _by_code(packages, reference), is_english_read=False)
    yield from _texts("live-manual", _live_manual(packages / "live-manual-html"))
    for name, english_package, source in (
        ("aptitude-doc", "aptitude-doc-en", "aptitude-manual"),
        ("maint-guide", "maint-guide", "maint-guide"),
        ("developers-reference", "developers-reference", "developers-reference-translations"),
    ):
        pages = _by_name(packages, name, english_package)
        yield from _texts(source, pages, is_english_read=name != "developers-reference")


def _texts(source: str, pages: Pages, *, is_english_read: bool = True) -> Iterator[TrainingText]:
    for page, translations in pages:
        sections = page_sections(page)
        if is_english_read:
            asked = Counter(section.heading for section in sections)
            for section in sections:
                yield from section_texts(source, section, asked)
        for lang, path in translations.items():
            for item in translated_texts(source, lang, sections, page_sections(path)):
                is_copy = item.english is not None and is_untranslated(item.english, item.text)
                if in_script(lang, item.text) and not is_copy and _REQUEST not in item.text:
                    yield item


def _by_path(packages: Path, english: Path, pages: list[Path]) -> Pages:
    """Yield pages with translations of the same path in packages named after the language."""
    for page in pages:
        found = {}
        for lang in TRANSLATED[english.name]:
            folder = packages / f"{english.name}-{lang}"
            path = (folder / page.relative_to(english)).with_suffix(f".{lang}.html")
            if path.is_file():
                found[lang] = path
        yield page, found


def _by_code(packages: Path, english: Path) -> Pages:
    """Yield the Debian reference's pages with those of the same name but for the language's code."""
    for page in sorted(english.glob("*.en.html")):
        paths = {
            lang: packages
            / f"debian-reference-{lang}/usr/share/debian-reference"
            / page.name.replace(".en.", f".{lang}.")
            for lang in TRANSLATED["debian-reference"]
        }
        yield page, {_language(lang): path for lang, path in paths.items() if path.is_file()}


def _live_manual(folder: Path) -> Pages:
    for page in sorted(folder.rglob("*.en.html")):
        paths = {lang: page.with_name(page.name.replace(".en.", f".{lang}.")) for lang in _LIVE_MANUAL}
        yield page, {_language(lang): path for lang, path in paths.items() if path.is_file()}


def _by_name(packages: Path, name: str, english_package: str) -> Pages:
    """Yield pages with those of the same name anywhere in the packages of the languages."""
    found: dict[str, dict[str, Path]] = {}
    for lang in TRANSLATED[name]:
        for path in sorted((packages / f"{name}-{lang}").rglob("*.html")):
            found.setdefault(path.name.replace(f".{lang}.html", ".html"), {})[_language(lang)] = path
    for page in sorted((packages / english_package).rglob("*.html")):
        yield page, found.get(page.name.replace(".en.html", ".html"), {})


def _language(locale: str) -> str:
    return language_of(locale) or locale
