"""The sets that models are measured on, and which of them decided anything.

Development: perlfaq, three manuals, networkx's functions, the Open Source Guides' translations,
triples and similarities. Untouched until the end: fitz-gov, Prometheus' functions (Go), an app's
translations, JaQuAD-free Japanese questions are none here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from .dev_sets import app_translations, code_search, guide_translations
from .development import load_development
from .evalsets import RetrievalSet, load_fitz_gov, load_perlfaq
from .templates import development_triples

UNTOUCHED = ("fitz-gov", "code-prometheus", "app")
_N_SIMILAR = 1500


@dataclass(frozen=True)
class BitextSet:
    """Texts and, at the same places, their English originals."""

    name: str
    queries: list[str]
    documents: list[str]
    tasks: tuple[str, ...] = ("bitext",)
    is_symmetric = True


@dataclass(frozen=True)
class TripleSet:
    """Sentences; first their equivalents, then the sentences of another meaning."""

    name: str
    queries: list[str]
    documents: list[str]
    tasks: tuple[str, ...] = ("sts",)
    is_symmetric = True


@dataclass(frozen=True)
class SimilaritySet:
    """Pairs of sentences with how alike they are."""

    name: str
    queries: list[str]
    documents: list[str]
    gold: list[float]
    tasks: tuple[str, ...] = ("sts",)
    is_symmetric = True


Benchmark = RetrievalSet | BitextSet | TripleSet | SimilaritySet


def load_benchmark(
    unpacked: Path, repositories: Path, site_packages: Path, development: Path, names: tuple[str, ...] = ()
) -> list[Benchmark]:
    """Return the sets whose name begins with one of ``names`` (all by default) and whose source is there."""
    sets: list[Benchmark] = [load_perlfaq(unpacked), load_fitz_gov()]
    if development.exists():
        sets.append(load_development(development))
    if (site_packages / "networkx").is_dir():
        sets.append(code_search("code-networkx", site_packages / "networkx"))
    if repositories.is_dir():
        sets.append(code_search("code-prometheus", repositories / "prometheus+prometheus"))
        for name, pairs in (("guide", guide_translations(repositories)), ("app", app_translations(repositories))):
            for lang, of_language in pairs.items():
                texts, originals = (list(side) for side in zip(*of_language, strict=True))
                sets.append(BitextSet(f"{name}-{lang}", texts, originals))
    sets += _triple_sets()
    return [dataset for dataset in sets if not names or dataset.name.startswith(names)]


def _triple_sets() -> list[TripleSet]:
    triples = development_triples(1200)
    kinds = sorted({triple.kind for triple in triples})
    chosen = {"triples": triples} | {f"triples {kind}": [t for t in triples if t.kind == kind] for kind in kinds}
    return [
        TripleSet(name, [t.anchor for t in of], [t.same for t in of] + [t.different for t in of])
        for name, of in chosen.items()
    ]


def similar_pairs(sentences: list[str], seed: int = 3) -> tuple[list[str], list[str]]:
    """Return pairs of sentences: half that share many words, half at random."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    words = [frozenset(sentence.lower().split()) for sentence in sentences]
    left, right = [], []
    for number in range(_N_SIMILAR):
        one = rng.randrange(len(sentences))
        others = rng.sample(range(len(sentences)), 60)
        other = max(others, key=lambda o: len(words[one] & words[o]) if o != one else -1) if number % 2 else others[0]
        left.append(sentences[one])
        right.append(sentences[other])
    return left, right
