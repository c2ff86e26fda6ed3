"""Training rows: read from files, checked one by one and together before anything else happens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError, DataFileError, did_you_mean
from qwen3_embed_integrations.core.prompts import find_task
from qwen3_embed_integrations.evaluation import Row, read_rows, refuse

_NEGATIVE = re.compile(r"negative(_\d+)?")
_VECTORS = ("query_vector", "positive_vector")
_COLUMNS = ("query", "positive", "negative", "negative_1", "task", "group", *_VECTORS)

Vector = tuple[float, ...]


@dataclass(frozen=True)
class Example:
    """One training row.

    Attributes:
        place: Where it stands, for error messages.
        query: Text of the query side.
        positive: Text that answers it.
        negatives: Texts that don't.
        task: Preset or instruction of the query; "" for that of the run.
        group: Rows of one group never lie on both sides of the split; "" where none was given.
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
    """Gives the rows of all files, without repeats of the same query and positive.

    Raises:
        DataFileError: No file, or malformed rows; the message names the first few lines.
    """
    if not paths:
        raise DataFileError("There are no training rows. Give --data a .jsonl, .csv, .tsv or .parquet file.")
    examples: dict[tuple[str, str, str], Example] = {}
    problems: list[str] = []
    for path in paths:
        for row in read_rows(path):
            found = list(_problems(row))
            problems += found
            if not found:
                example = _example(row)
                examples.setdefault((example.query, example.positive, example.task), example)
    refuse(problems)
    _check_together(list(examples.values()))
    return list(examples.values())


def _problems(row: Row) -> Iterator[str]:
    for name in row.values:
        if name not in _COLUMNS and not _NEGATIVE.fullmatch(str(name)):
            hint = did_you_mean(str(name), _COLUMNS)
            yield f"{row.place}: unknown column {name!r}.{hint} Known: {', '.join(_COLUMNS)}."
            return
    yield from _bad_texts(row)
    yield from _bad_vectors(row)
    task = row.values.get("task")
    if isinstance(task, str):
        try:
            find_task(task)
        except ConfigError as error:
            yield f"{row.place}: {error}"
    elif task is not None:
        yield f"{row.place}: task is a {type(task).__name__}, expected a text."


def _bad_texts(row: Row) -> Iterator[str]:
    for name in ("query", "positive"):
        if not _is_text(row.values.get(name)):
            yield f"{row.place}: {name} is {_shown(row.values.get(name))}, expected a text."
            return
    negatives = _negatives(row.values)
    if not all(map(_is_text, negatives)):
        yield f"{row.place}: a negative is empty or no text."
    elif row.values["positive"] in negatives:
        yield f"{row.place}: a negative is the positive itself. Take it out."
    elif row.values["query"] in negatives:
        yield f"{row.place}: a negative is the query itself. Take it out."


def _bad_vectors(row: Row) -> Iterator[str]:
    given: list[Any] = [row.values.get(name) for name in _VECTORS if row.values.get(name) is not None]
    if not given:
        return
    if len(given) < len(_VECTORS):
        yield f"{row.place}: has one of {' and '.join(_VECTORS)}, needs both."
    elif not all(isinstance(one, list) and one and all(isinstance(x, int | float) for x in one) for one in given):
        yield f"{row.place}: a vector is no list of numbers. Use JSON Lines or Parquet for vectors."
    elif len(set(map(len, given))) > 1:
        yield f"{row.place}: its vectors have {len(given[0])} and {len(given[1])} numbers."


def _example(row: Row) -> Example:
    values = row.values
    return Example(
        place=row.place,
        query=values["query"],
        positive=values["positive"],
        negatives=tuple(_negatives(values)),
        task=values.get("task") or "",
        group="" if values.get("group") is None else str(values["group"]),
        vectors=tuple(tuple(map(float, values[name])) for name in _VECTORS if values.get(name) is not None),
    )


def _check_together(examples: Sequence[Example]) -> None:
    """Refuses rows that are fine one by one and no use together."""
    _check_alike(examples, "negatives", [len(example.negatives) for example in examples])
    _check_alike(examples, "numbers in a vector", [len(e.vectors[0]) if e.vectors else 0 for e in examples])
    negatives = {text for example in examples for text in example.negatives}
    if len(negatives) == 1 and len(examples) > 1:
        raise DataFileError(
            f"All {len(examples)} rows have the same negative, {_shown(negatives.pop())}: nothing can be told from one "
            "text. Give each row its own, or leave the column out and set --mine-negatives."
        )
    if len({example.positive for example in examples}) == 1:
        raise DataFileError(
            f"All {len(examples)} rows have the same positive: there is nothing to tell it from. "
            "Give rows of several documents."
        )


def _check_alike(examples: Sequence[Example], what: str, counts: list[int]) -> None:
    for example, count in zip(examples, counts, strict=True):
        if count != counts[0]:
            raise DataFileError(
                f"{example.place}: {count} {what}, but {examples[0].place} has {counts[0]}. Every row needs as many."
            )


def _negatives(values: Mapping[str, Any]) -> list[Any]:
    """Gives the negatives in the columns' order; a cell may hold one text or, in JSON and Parquet, a list."""
    cells = [values[name] for name in values if _NEGATIVE.fullmatch(str(name)) and values[name] is not None]
    return [text for cell in cells for text in (cell if isinstance(cell, list) else [cell])]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _shown(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value[:40]!r}" if isinstance(value, str) else f"a {type(value).__name__}"
