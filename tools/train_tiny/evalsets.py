"""The evaluation sets, none of which is ever trained on: perlfaq, fitz-gov, held-out translations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .teachers import package_dir
from .training_text import clean

_POD_CODE = re.compile(r"[A-Z]<+\s*(?:[^<>|]*\|)?([^<>]*?)\s*>+")


@dataclass(frozen=True)
class RetrievalSet:
    """Queries, documents and, per query, the indices of the relevant documents; ``tasks`` are measured on it."""

    name: str
    queries: list[str]
    documents: list[str]
    relevant: list[frozenset[int]]
    tasks: tuple[str, ...] = ("web", "qa")
    is_symmetric = False


@dataclass(frozen=True)
class HitSet(RetrievalSet):
    """A retrieval set whose score is how often one of the first three documents is relevant."""


@dataclass(frozen=True)
class SimilaritySet:
    """Pairs of sentences with how alike they are; Spearman's rank correlation is measured."""

    name: str
    queries: list[str]
    documents: list[str]
    gold: list[float]
    tasks: tuple[str, ...] = ("sts",)
    is_symmetric = True


def load_sts(folder: Path, year: int) -> SimilaritySet:
    """Return the pairs of a SemEval year's test sets that people gave a score, all in one set."""
    pairs: list[tuple[str, str, float]] = []
    for path in sorted((folder / str(year)).glob("*.test.tsv")):
        for line in path.read_text("utf-8").splitlines():
            fields = line.split("\t")
            if fields[0] and len(fields) >= 3:  # noqa: PLR2004 - score and two sentences
                pairs.append((clean(fields[1]), clean(fields[2]), float(fields[0])))
    left, right, gold = (list(side) for side in zip(*pairs, strict=True))
    return SimilaritySet(f"sts-{year}", left, right, gold)


def load_perlfaq(unpacked: Path) -> RetrievalSet:
    """Return Perl's FAQ (Debian's perl-doc): each question with its answer as the only relevant document."""
    queries: list[str] = []
    documents: list[str] = []
    for path in sorted(unpacked.glob("perl-doc/usr/share/perl/*/pod/perlfaq[1-9].pod")):
        sections = re.split(r"^=head2 ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
        for section in sections:
            question, _, body = section.partition("\n")
            body = re.split(r"^=head1 ", body, flags=re.MULTILINE)[0]
            answer = clean(_POD_CODE.sub(r"\1", re.sub(r"^=\w+.*$", "", body, flags=re.MULTILINE)))
            if answer:
                queries.append(clean(_POD_CODE.sub(r"\1", question)))
                documents.append(answer)
    return RetrievalSet("perlfaq", queries, documents, [frozenset({row}) for row in range(len(queries))])


def load_fitz_gov() -> RetrievalSet:
    """Return PyPI's `fitz-gov`, equal documents merged; queries without a relevant document are left out."""
    data = package_dir("fitz_gov") / "data"
    documents: list[str] = []
    rows: dict[str, int] = {}
    row_of_id: dict[str, int] = {}
    for line in (data / "corpus/documents.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        text = clean(". ".join(filter(None, (record.get("title"), record["content"]))))
        row_of_id[record["id"]] = rows.setdefault(text, len(rows))
        if rows[text] == len(documents):
            documents.append(text)
    relevant: dict[str, set[int]] = {}
    for case in _fitz_cases(data / "queries/query_mappings.json"):
        found = {row_of_id[name] for name in case["relevant_docs"] if name in row_of_id}
        if found:
            relevant.setdefault(clean(str(case["query"])), set()).update(found)
    return RetrievalSet("fitz-gov", list(relevant), documents, [frozenset(rows) for rows in relevant.values()])


def _fitz_cases(path: Path) -> Iterator[dict[str, list[str]]]:
    for cases in json.loads(path.read_text("utf-8"))["mappings"].values():
        yield from cases.values()


def evaluation_texts(unpacked: Path) -> Iterator[str]:
    """Yield every text and every sentence-like part of the retrieval sets, to keep them out of training."""
    for dataset in (load_perlfaq(unpacked), load_fitz_gov()):
        for text in (*dataset.queries, *dataset.documents):
            yield text
            yield from (part for part in re.split(r"(?<=[.!?])\s+", text) if len(part) > 30)  # noqa: PLR2004
