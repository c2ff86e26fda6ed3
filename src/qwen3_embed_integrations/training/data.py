"""Read training records from files, and check them one by one and together before anything else happens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError, DataFileError, did_you_mean
from qwen3_embed_integrations.core.prompts import find_task
from qwen3_embed_integrations.evaluation import Record, raise_problems, read_records

_NEGATIVE = re.compile(r"negative(_\d+)?")
_VECTORS = ("query_vector", "positive_vector")
_COLUMNS = ("query", "positive", "negative", "negative_1", "task", "group", *_VECTORS)

Vector = tuple[float, ...]


@dataclass(frozen=True)
class Example:
    """One training record.

    Attributes:
        place: File and line, for error messages.
        query: The query.
        positive: A text that answers it.
        negatives: Texts that don't.
        task: Preset or instruction of the query; "" for that of the run.
        group: Records of one group are never on both sides of the split; "" for none.
        vectors: A teacher's vectors of query and positive, or ().
    """

    place: str
    query: str
    positive: str
    negatives: tuple[str, ...] = ()
    task: str = ""
    group: str = ""
    vectors: tuple[Vector, ...] = ()


def read_examples(paths: Sequence[Path]) -> list[Example]:
    """Read the records of all files; a record that repeats the query, positive and task of another is dropped.

    Raises:
        DataFileError: If there is no file or a malformed record; the message names the first five.
    """
    if not paths:
        raise DataFileError("There are no training records. Give --data a .jsonl, .csv, .tsv or .parquet file.")
    examples: dict[tuple[str, str, str], Example] = {}
    problems: list[str] = []
    for path in paths:
        for record in read_records(path):
            found = list(_problems(record))
            problems += found
            if not found:
                example = _example(record)
                examples.setdefault((example.query, example.positive, example.task), example)
    raise_problems(problems)
    _check_together(list(examples.values()))
    return list(examples.values())


def _problems(record: Record) -> Iterator[str]:
    for name in record.values:
        if name not in _COLUMNS and not _NEGATIVE.fullmatch(str(name)):
            hint = did_you_mean(str(name), _COLUMNS)
            yield f"{record.place}: unknown column {name!r}.{hint} Known: {', '.join(_COLUMNS)}."
            return
    yield from _bad_texts(record)
    yield from _bad_vectors(record)
    task = record.values.get("task")
    if isinstance(task, str):
        try:
            find_task(task)
        except ConfigError as error:
            yield f"{record.place}: {error}"
    elif task is not None:
        yield f"{record.place}: task is of type {type(task).__name__}, expected a text."


def _bad_texts(record: Record) -> Iterator[str]:
    for name in ("query", "positive"):
        if not _is_text(record.values.get(name)):
            yield f"{record.place}: {name} is {_shown(record.values.get(name))}, expected a text."
            return
    negatives = _negatives(record.values)
    if not all(map(_is_text, negatives)):
        yield f"{record.place}: a negative is empty or not a text."
    elif record.values["positive"] in negatives:
        yield f"{record.place}: a negative equals the positive. Remove it."
    elif record.values["query"] in negatives:
        yield f"{record.place}: a negative equals the query. Remove it."


def _bad_vectors(record: Record) -> Iterator[str]:
    given: list[Any] = [record.values.get(name) for name in _VECTORS if record.values.get(name) is not None]
    if not given:
        return
    if len(given) < len(_VECTORS):
        yield f"{record.place}: has only one of {' and '.join(_VECTORS)}, needs both."
    elif not all(isinstance(one, list) and one and all(isinstance(x, int | float) for x in one) for one in given):
        yield f"{record.place}: a vector is not a list of numbers. Use JSON Lines or Parquet for vectors."
    elif len(set(map(len, given))) > 1:
        yield f"{record.place}: its vectors have {len(given[0])} and {len(given[1])} numbers."


def _example(record: Record) -> Example:
    values = record.values
    return Example(
        place=record.place,
        query=values["query"],
        positive=values["positive"],
        negatives=tuple(_negatives(values)),
        task=values.get("task") or "",
        group="" if values.get("group") is None else str(values["group"]),
        vectors=tuple(tuple(map(float, values[name])) for name in _VECTORS if values.get(name) is not None),
    )


def _check_together(examples: Sequence[Example]) -> None:
    """Refuse records that are valid one by one but useless together."""
    _check_alike(examples, "negatives", [len(example.negatives) for example in examples])
    _check_alike(examples, "numbers in a vector", [len(e.vectors[0]) if e.vectors else 0 for e in examples])
    negatives = {text for example in examples for text in example.negatives}
    if len(negatives) == 1 and len(examples) > 1:
        raise DataFileError(
            f"All {len(examples)} records have the same negative, {_shown(negatives.pop())}, which teaches nothing. "
            "Give each record its own, or leave the column out and set --mine-negatives."
        )
    if len({example.positive for example in examples}) == 1:
        raise DataFileError(
            f"All {len(examples)} records have the same positive, so there is no document to rank it above. "
            "Give records of several documents."
        )


def _check_alike(examples: Sequence[Example], what: str, counts: list[int]) -> None:
    for example, count in zip(examples, counts, strict=True):
        if count != counts[0]:
            raise DataFileError(
                f"{example.place}: {count} {what}, but {examples[0].place} has {counts[0]}. "
                "Every record needs the same number."
            )


def _negatives(values: Mapping[str, Any]) -> list[Any]:
    """Return the negatives in the order of their columns; a cell holds one text or, in JSON and Parquet, a list."""
    cells = [values[name] for name in values if _NEGATIVE.fullmatch(str(name)) and values[name] is not None]
    return [text for cell in cells for text in (cell if isinstance(cell, list) else [cell])]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _shown(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value[:40]!r}" if isinstance(value, str) else f"of type {type(value).__name__}"
