"""The sets that models are measured on, and which of them decided anything.

Development sets, looked at while training: perlfaq, three manuals, networkx's functions, the Open Source
Guides' translations and the triples. The others stay untouched until the end (`UNTOUCHED`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .demo_questions import load_demo
from .dev_sets import app_translations, code_search, guide_translations
from .development import load_development
from .evalsets import RetrievalSet, SimilaritySet, load_fitz_gov, load_perlfaq, load_sts
from .templates import development_triples

UNTOUCHED = ("fitz-gov", "code-prometheus", "app", "demo", "sts-2014")


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


Benchmark = RetrievalSet | BitextSet | TripleSet | SimilaritySet


def load_benchmark(
    unpacked: Path, repositories: Path, site_packages: Path, development: Path, names: tuple[str, ...] = ()
) -> list[Benchmark]:
    """Return the sets whose name begins with one of ``names`` (all by default) and whose source is there."""
    sets: list[Benchmark] = [load_perlfaq(unpacked), load_fitz_gov(), load_demo()]
    if development.exists():
        sets.append(load_development(development))
    if (site_packages / "networkx").is_dir():
        sets.append(code_search("code-networkx", site_packages / "networkx"))
    sets += _of_repositories(repositories)
    sets += _triple_sets()
    return [dataset for dataset in sets if not names or dataset.name.startswith(names)]


def _of_repositories(root: Path) -> Iterator[Benchmark]:
    """Yield the sets of the repositories that are there."""
    if (root / "prometheus+prometheus").is_dir():
        yield code_search("code-prometheus", root / "prometheus+prometheus")
    if (root / "brmson+dataset-sts").is_dir():
        yield load_sts(root / "brmson+dataset-sts/data/sts/semeval-sts", 2014)
    for name, folder, reader in (
        ("guide", "github+opensource.guide", guide_translations),
        ("app", "mastodon+mastodon-android", app_translations),
    ):
        for lang, pairs in reader(root).items() if (root / folder).is_dir() else ():
            texts, originals = (list(side) for side in zip(*pairs, strict=True))
            yield BitextSet(f"{name}-{lang}", texts, originals)


def _triple_sets() -> list[TripleSet]:
    triples = development_triples(1200)
    kinds = sorted({triple.kind for triple in triples})
    chosen = {"triples": triples} | {f"triples {kind}": [t for t in triples if t.kind == kind] for kind in kinds}
    return [
        TripleSet(name, [t.anchor for t in of], [t.same for t in of] + [t.different for t in of])
        for name, of in chosen.items()
    ]
