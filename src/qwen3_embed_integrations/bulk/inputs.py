"""Files, folders and standard input → tables of ids and texts; a record without text keeps its place and says why."""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from qwen3_embed_integrations import ConfigError, DataFileError
from qwen3_embed_integrations.core.inputs import encodable, lone_surrogate

from .options import BulkOptions

STDIN = "-"
SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string()), ("error", pa.string())])
"""A table of an input: the id, the text, and why there is none."""

_LONGEST_FIELD = 1 << 30


@dataclass(frozen=True)
class Record:
    """One record of an input.

    Attributes:
        name: Its id; None: it has none, or the ids are not asked for.
        text: Its text; None: it has none.
        error: Why it has no text; None: it has one.
    """

    name: str | None
    text: str | None
    error: str | None = None


@dataclass(frozen=True)
class Source:
    """One input file.

    Attributes:
        path: The file.
        shown: How ids and messages name it.
    """

    path: Path
    shown: str

    def tables(self, options: BulkOptions) -> Iterator[pa.Table]:
        """Yield the records as tables of `SCHEMA`, `options.shard_records` in each but the last.

        Raises:
            DataFileError: The file can't be read, or lacks a column.
        """
        records = self._records(options)
        first = 0
        while some := list(islice(records, options.shard_records)):
            yield _table(some, self.shown, first)
            first += len(some)

    def _records(self, options: BulkOptions) -> Iterator[Record]:
        try:
            yield from _READERS[self.path.suffix.lower()](self.path, options)
        except (OSError, csv.Error, pa.ArrowException, UnicodeDecodeError) as error:
            raise DataFileError(f"{self.shown} can't be read ({error}). Repair the file, or leave it out.") from error


def find_sources(inputs: Sequence[str], spool: Path) -> list[Source]:
    """Return the files that inputs name, those of folders in the order of their names.

    Args:
        inputs: Files and folders; "-" is standard input, as JSON lines.
        spool: Folder for what standard input holds: it is read twice.

    Raises:
        DataFileError: There is no such input, or none that can be read.
        ConfigError: There are no inputs.
    """
    if not inputs:
        raise ConfigError('Name files or folders to embed, or "-" for JSON lines on standard input.')
    found = [source for one in inputs for source in _sources_of(one, spool)]
    if not found:
        raise DataFileError(f"The inputs hold no file that can be read. Kinds: {', '.join(_READERS)}.")
    return found


def _sources_of(given: str, spool: Path) -> list[Source]:
    if given == STDIN:
        with tempfile.NamedTemporaryFile(dir=spool, suffix=".jsonl", delete=False) as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        return [Source(Path(copy.name), "stdin")]
    path = Path(given).expanduser()
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if one.is_file() and one.suffix.lower() in _READERS)
        return [Source(one, one.relative_to(path).as_posix()) for one in files]
    if not path.is_file():
        raise DataFileError(f"{given} is neither a file nor a folder.")
    if path.suffix.lower() not in _READERS:
        raise DataFileError(f"{given} is of an unknown kind. Known: {', '.join(_READERS)}.")
    return [Source(path, path.name)]


def _table(records: list[Record], shown: str, first: int) -> pa.Table:
    names = [one.name or f"{shown}:{first + index}" for index, one in enumerate(records)]
    return pa.table(
        [names, [one.text for one in records], [one.error for one in records]],
        schema=SCHEMA,
    )


def _record(fields: Mapping[str, Any], options: BulkOptions) -> Record:
    text, name, error = fields.get(options.text_column), None, None
    if options.id_column is not None:
        given = fields.get(options.id_column)
        if isinstance(given, bool) or not isinstance(given, (str, int)) or given == "":
            return Record(
                None, None, f"the id in {options.id_column!r} is {type(given).__name__}, expected text or a number"
            )
        name = encodable(str(given))
    if not isinstance(text, str):
        return Record(name, None, f"the text is {'missing' if text is None else type(text).__name__}, expected text")
    if not text:
        return Record(name, None, "the text is empty")
    if lone_surrogate(text) is not None:
        text, error = encodable(text), "the text holds a lone surrogate"
    return Record(name, text if error is None else None, error)


def _read_jsonl(path: Path, options: BulkOptions) -> Iterator[Record]:
    seen = False
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
            except (ValueError, RecursionError):
                yield Record(None, None, f"line {number} is not JSON")
                continue
            if not isinstance(fields, dict):
                yield Record(None, None, f"line {number} is not an object")
                continue
            if not seen:
                _require_columns(fields, path, options)
                seen = True
            yield _record(fields, options)


def _read_csv(path: Path, options: BulkOptions, delimiter: str = ",") -> Iterator[Record]:
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter, strict=True)
        _require_columns(reader.fieldnames or (), path, options)
        yield from (_record(fields, options) for fields in reader)


def _read_tsv(path: Path, options: BulkOptions) -> Iterator[Record]:
    return _read_csv(path, options, "\t")


def _read_parquet(path: Path, options: BulkOptions) -> Iterator[Record]:
    with pq.ParquetFile(path) as file:
        _require_columns(file.schema_arrow.names, path, options)
        wanted = [options.text_column, *([options.id_column] if options.id_column else [])]
        for batch in file.iter_batches(options.shard_records, columns=wanted):
            yield from (_record(fields, options) for fields in batch.to_pylist())


def _read_text(path: Path, _: BulkOptions) -> Iterator[Record]:
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        yield from (_line(line) for line in lines)


def _line(line: str) -> Record:
    text = line.rstrip("\n")
    if lone_surrogate(text) is not None:
        return Record(None, None, "the line is not UTF-8")
    return Record(None, text) if text else Record(None, None, "the text is empty")


def _require_columns(names: Iterable[str], path: Path, options: BulkOptions) -> None:
    listed = list(names)
    for flag, wanted in (("--text-column", options.text_column), ("--id-column", options.id_column)):
        if wanted is not None and wanted not in listed:
            raise DataFileError(
                f"{path.name} has no column {wanted!r}. It has: {', '.join(map(str, listed)) or 'none'}. "
                f"Name one of them with {flag}."
            )


_READERS: Mapping[str, Callable[[Path, BulkOptions], Iterator[Record]]] = {
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".parquet": _read_parquet,
    ".txt": _read_text,
}
