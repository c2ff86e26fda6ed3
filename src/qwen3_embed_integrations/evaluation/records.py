"""Read the records of JSON Lines, CSV, TSV and Parquet files, each with the line number that an error names."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import DataFileError, missing_extra

_ENDINGS = ".jsonl, .ndjson, .csv, .tsv or .parquet"
_SHOWN = 5  # problems of one file that an error names


@dataclass(frozen=True)
class Record:
    """One record of a file.

    Attributes:
        place: Where the record is, as in "pairs.jsonl, line 3"; for error messages.
        values: Its values by column name; an empty cell is None.
    """

    place: str
    values: Mapping[str, Any]


def read_records(path: Path) -> list[Record]:
    """Read every record of a file; the suffix of its name decides the format. Empty lines are skipped.

    Raises:
        DataFileError: If the file does not exist, has another suffix, malformed records or none; the message names
            the lines.
        MissingExtraError: If the file is Parquet and pyarrow is not installed.
    """
    readers = {".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _separated, ".tsv": _separated}
    ending = path.suffix.lower()
    if not path.is_file():
        raise DataFileError(f"The file {str(path)!r} does not exist. Check the path.")
    if ending != ".parquet" and ending not in readers:
        raise DataFileError(f"{path.name} has the suffix {path.suffix!r}, expected {_ENDINGS}.")
    records = _parquet(path) if ending == ".parquet" else list(readers[ending](path, _text(path)))
    if not records:
        raise DataFileError(f"{path.name} has no records. Write one record a line, as docs/fine-tuning.md shows.")
    return records


def raise_problems(problems: list[str]) -> None:
    """Raise one error for all problems of a file; the message lists the first five.

    Raises:
        DataFileError: If there are problems.
    """
    if problems:
        more = f" And {len(problems) - _SHOWN} more." if len(problems) > _SHOWN else ""
        raise DataFileError(" ".join(problems[:_SHOWN]) + more)


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataFileError(f"{path.name}, line {line}: not UTF-8. Save the file as UTF-8.") from error


def _json_lines(path: Path, text: str) -> Iterator[Record]:
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        place = f"{path.name}, line {number}"
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            problems.append(f"{place}: not JSON ({error}).")
            continue
        if isinstance(values, dict):
            yield Record(place, values)
        else:
            problems.append(f"{place}: a {type(values).__name__}, expected an object of columns.")
    raise_problems(problems)


def _separated(path: Path, text: str) -> Iterator[Record]:
    reader = csv.DictReader(io.StringIO(text), delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
    csv.field_size_limit(2**31 - 1)  # a document may be longer than csv's default of 128 KiB
    problems = []
    try:
        for values in reader:
            place = f"{path.name}, line {reader.line_num}"
            n_columns = len(reader.fieldnames or ())
            if None in values or None in values.values():
                problems.append(f"{place}: expected {n_columns} fields, as in the first line. Quote the texts.")
            else:
                yield Record(place, {name: value or None for name, value in values.items()})
    except csv.Error as error:
        raise DataFileError(f"{path.name}, line {reader.line_num + 1}: {error}. Check the quotes.") from error
    raise_problems(problems)


def _parquet(path: Path) -> list[Record]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise missing_extra("pyarrow", "train") from error
    try:
        records = parquet.read_table(path).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise DataFileError(f"{path.name} can't be read as Parquet ({error}). Write it again.") from error
    return [Record(f"{path.name}, record {number}", values) for number, values in enumerate(records, start=1)]
