"""What judges the training: sets that it never sees, of other sources than it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qwen3_embed_integrations.core.prompts import TASKS, query_prompt

from .evalsets import RetrievalSet
from .metrics import ndcg_at_10, normalised, top_1
from .sources.code_functions import read_functions
from .sources.locale_files import read_android
from .sources.translated_docs import aligned_texts, language_folders, parse_markdown
from .templates import Triple, development_triples
from .training_text import language_of

Encode = Callable[[list[str]], np.ndarray]
Pairs = dict[str, list[tuple[str, str]]]
_N_PAIRS = 300
_PART = 512
_SMALL_DOCUMENTS = 400
_LEAST_TRANSLATED = 40


@dataclass(frozen=True)
class DevelopmentSets:
    """What decides; see `load_development_sets`."""

    retrieval: list[RetrievalSet]
    translations: Pairs
    triples: list[Triple]


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


def triple_accuracy(encode: Encode, triples: list[Triple], width: int = 256) -> float:
    """Return how often (percent) a sentence is nearer to its equivalent than to the one of another meaning."""
    anchor, same, different = (
        normalised(encode([getattr(triple, side) for triple in triples]), width)
        for side in ("anchor", "same", "different")
    )
    return 100 * float(((anchor * same).sum(1) > (anchor * different).sum(1)).mean())


def development_figures(encode: Encode, sets: DevelopmentSets) -> dict[str, float]:
    """Return one figure a set at 256 dimensions: queries behind their task's instruction, translations bare."""
    figures = {}
    for dataset in sets.retrieval:
        prompt = query_prompt(TASKS["code" if dataset.name.startswith("code") else "web"].instruction)
        queries = normalised(_in_parts(encode, [prompt + text for text in dataset.queries]))
        documents = normalised(_in_parts(encode, dataset.documents))
        figures[dataset.name] = round(ndcg_at_10(queries @ documents.T, dataset), 1)
    for lang, pairs in sets.translations.items():
        texts, originals = (list(side) for side in zip(*pairs, strict=True))
        figures[lang] = round(top_1(normalised(encode(texts)), normalised(encode(originals))), 1)
    return figures | {"triples": round(triple_accuracy(encode, sets.triples), 1)}


def _in_parts(encode: Encode, texts: list[str]) -> np.ndarray:
    return np.concatenate([encode(texts[start : start + _PART]) for start in range(0, len(texts), _PART)])


_SMALL_LANGUAGES = ("ar", "de", "ja", "ko", "ru", "zh")


def small(sets: DevelopmentSets) -> DevelopmentSets:
    """Return a quarter of the sets, to look at while training: other documents than those asked for are left out."""
    translations = {lang: pairs[:100] for lang, pairs in sets.translations.items() if lang in _SMALL_LANGUAGES}
    retrieval = [
        dataset if len(dataset.documents) < _SMALL_DOCUMENTS else _fewer(dataset) for dataset in sets.retrieval
    ]
    return DevelopmentSets(retrieval, translations, sets.triples[:240])


def _fewer(dataset: RetrievalSet) -> RetrievalSet:
    asked = range(0, len(dataset.queries), 3)
    found = sorted({row for number in asked for row in dataset.relevant[number]})
    places = {row: place for place, row in enumerate(found)}
    return RetrievalSet(
        f"{dataset.name}, fewer",
        [dataset.queries[number] for number in asked],
        [dataset.documents[row] for row in found],
        [frozenset(places[row] for row in dataset.relevant[number]) for number in asked],
        dataset.tasks,
    )


def load_development_sets(repositories: Path, site_packages: Path, retrieval: list[RetrievalSet]) -> DevelopmentSets:
    """Return the sets that decide: ``retrieval``, networkx's functions, the guides' translations, the triples."""
    code = code_search("code-networkx", site_packages / "networkx")
    return DevelopmentSets([*retrieval, code], guide_translations(repositories), development_triples())
