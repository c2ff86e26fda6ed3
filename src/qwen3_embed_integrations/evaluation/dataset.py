"""RetrievalDataset: queries, documents and relevance judgements, and the readers of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import DataFileError

from .metrics import Relevance
from .records import Record, raise_problems, read_records

_ID = ("id", "_id")
_QUERY_ID = ("query_id", "query-id", "qid")
_DOCUMENT_ID = ("document_id", "corpus-id", "corpus_id", "docid")
_SCORE = ("score", "relevance", "label")


@dataclass(frozen=True)
class RetrievalDataset:
    """Queries with their relevant documents.

    Attributes:
        queries: Texts of the queries.
        documents: Texts of the corpus, all of which are searched.
        relevant: For each query, the indices of its relevant documents with their grades; never empty.
        tasks: The task of each query ("" for the encoder's own), or () if every query takes the encoder's own.
    """

    queries: tuple[str, ...]
    documents: tuple[str, ...]
    relevant: tuple[Relevance, ...]
    tasks: tuple[str, ...] = ()

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[str, str]], distractors: Iterable[str] = ()) -> RetrievalDataset:
        """Return the dataset of (query, document) pairs; a query that occurs in several pairs has several answers.

        Args:
            pairs: Queries with one relevant document each.
            distractors: Further documents of the corpus, relevant to no query.
        """
        numbers: dict[str, int] = {}
        relevant: dict[str, dict[int, float]] = {}
        for query, document in pairs:
            relevant.setdefault(query, {})[numbers.setdefault(document, len(numbers))] = 1.0
        for document in distractors:
            numbers.setdefault(document, len(numbers))
        return cls(tuple(relevant), tuple(numbers), tuple(relevant.values()))


def read_dataset(queries: Path, documents: Path, judgements: Path) -> RetrievalDataset:
    """Read a dataset from three files, with BEIR's column names or plainer ones.

    Args:
        queries: Columns id (or _id) and text.
        documents: Columns id (or _id), text, and optionally title, which is put before the text.
        judgements: Columns query_id (query-id), document_id (corpus-id) and optionally score; a missing score is 1.
            Queries without a relevant document are left out.

    Raises:
        DataFileError: If a file is malformed or names an unknown id; the message names the lines.
    """
    query_texts = _texts(queries)
    document_texts = _texts(documents)
    numbers = {name: number for number, name in enumerate(document_texts)}
    relevant: dict[str, dict[int, float]] = {}
    problems = []
    for record in read_records(judgements):
        try:
            query, document, grade = _judgement(record, query_texts, numbers)
        except DataFileError as error:
            problems.append(str(error))
            continue
        if grade > 0:
            relevant.setdefault(query, {})[numbers[document]] = grade
    raise_problems(problems)
    if not relevant:
        raise DataFileError(f"{judgements.name} names no relevant document: every score is 0.")
    return RetrievalDataset(
        tuple(query_texts[name] for name in relevant), tuple(document_texts.values()), tuple(relevant.values())
    )


def read_pairs(path: Path) -> RetrievalDataset:
    """Read a dataset from one file with the columns query and positive; other columns are ignored.

    Raises:
        DataFileError: If a record lacks one of the two; the message names the lines.
    """
    pairs, problems = [], []
    for record in read_records(path):
        values = [record.values.get(name) for name in ("query", "positive")]
        if all(isinstance(value, str) and value.strip() for value in values):
            pairs.append((str(values[0]), str(values[1])))
        else:
            problems.append(f"{record.place}: needs a text in both columns, query and positive.")
    raise_problems(problems)
    return RetrievalDataset.of_pairs(pairs)


def _texts(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    problems = []
    for record in read_records(path):
        name, text, title = _value(record, _ID), record.values.get("text"), record.values.get("title")
        if name is None or not isinstance(text, str):
            problems.append(f"{record.place}: needs the columns id and text, has {', '.join(map(str, record.values))}.")
        elif str(name) in texts:
            problems.append(f"{record.place}: the id {name!r} occurs twice.")
        else:
            texts[str(name)] = f"{title}\n{text}" if title else text
    raise_problems(problems)
    return texts


def _judgement(record: Record, queries: Mapping[str, str], documents: Mapping[str, int]) -> tuple[str, str, float]:
    query, document, score = _value(record, _QUERY_ID), _value(record, _DOCUMENT_ID), _value(record, _SCORE)
    known: tuple[tuple[str, Any, Callable[[str], bool]], ...] = (
        ("query", query, queries.__contains__),
        ("document", document, documents.__contains__),
    )
    for kind, name, is_known in known:
        if name is None:
            raise DataFileError(f"{record.place}: has no column {kind}_id.")
        if not is_known(str(name)):
            raise DataFileError(f"{record.place}: no {kind} has the id {name!r}.")
    try:
        return str(query), str(document), float(1 if score is None else score)
    except (TypeError, ValueError) as error:
        raise DataFileError(f"{record.place}: the score {score!r} is not a number.") from error


def _value(record: Record, names: tuple[str, ...]) -> Any:
    return next((record.values[name] for name in names if record.values.get(name) is not None), None)
