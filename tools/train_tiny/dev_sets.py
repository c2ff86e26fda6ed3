"""What judges the training: sets that it never sees, of other sources than it reads."""

from __future__ import annotations

from pathlib import Path

from .evalsets import RetrievalSet
from .sources.code_functions import read_functions
from .sources.locale_files import read_android
from .sources.translated_docs import aligned_texts, language_folders, parse_markdown
from .training_text import language_of

Pairs = dict[str, list[tuple[str, str]]]
_N_PAIRS = 300
_LEAST_TRANSLATED = 40


def guide_translations(repositories: Path) -> Pairs:
    """Return paragraphs of the Open Source Guides with their English originals, by language (development)."""
    english = repositories / "github+opensource.guide/_articles"
    pairs: Pairs = {}
    for lang, folder in language_folders(english.iterdir()).items():
        found: dict[str, str] = {}
        for page in sorted(english.glob("*.md")):
            if (folder / page.name).is_file():
                original, other = (parse_markdown(path.read_text("utf-8")) for path in (page, folder / page.name))
                for text in aligned_texts("guide", lang, original, other):
                    if text.english and _LEAST_TRANSLATED <= len(text.english) <= 8 * _LEAST_TRANSLATED:
                        found.setdefault(text.english, text.text)
        chosen = sorted(found.items())[:: max(1, len(found) // _N_PAIRS)][:_N_PAIRS]
        pairs[lang] = [(text, original) for original, text in chosen]
    return {lang: of_language for lang, of_language in sorted(pairs.items()) if len(of_language) >= _N_PAIRS // 3}


def app_translations(repositories: Path) -> Pairs:
    """Return messages of an app with their English originals, by language (untouched until the end)."""
    resources = repositories / "mastodon+mastodon-android/mastodon/src/main/res"
    english = read_android(resources / "values/strings.xml")
    pairs: Pairs = {}
    for folder in sorted(resources.glob("values-*-r*")):
        lang = language_of(folder.name.split("-")[1])
        if lang and lang != "en" and lang not in pairs and (folder / "strings.xml").is_file():
            translated = read_android(folder / "strings.xml")
            found = {english[name]: text for name, text in translated.items() if len(english.get(name, "")) >= 25}  # noqa: PLR2004
            pairs[lang] = [(text, original) for original, text in found.items() if text != original][:_N_PAIRS]
    return {lang: of_language for lang, of_language in pairs.items() if len(of_language) >= _N_PAIRS // 3}


def code_search(name: str, folder: Path, n_queries: int = 500) -> RetrievalSet:
    """Return the documented functions below ``folder``: descriptions as queries, code as documents."""
    answers: dict[str, str] = {}
    for text in read_functions(name, folder):
        if len(text.text) >= 25:  # noqa: PLR2004 - names alone are no description
            answers.setdefault(text.answer or "", text.text)
    asked = dict(zip(answers.values(), answers, strict=True))
    documents = list(answers)
    rows = {code: row for row, code in enumerate(documents)}
    chosen = sorted(asked)[:: max(1, len(asked) // n_queries)][:n_queries]
    return RetrievalSet(name, chosen, documents, [frozenset({rows[asked[text]]}) for text in chosen], ("web", "code"))
