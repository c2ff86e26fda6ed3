"""The output folder: shards named by their content, each there whole or not at all, and the space they belong to."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from qwen3_embed_integrations import DataFileError, VectorSpace

from .options import BulkOptions

SPACE_FILE = "space.json"
_VERSION = 1


class OutputFolder:
    """The folder of one run and of those that continue it.

    Args:
        options: Where and how to write.
        space: The space of the embeddings.
        prompt: What stands in front of each text: a query's instruction is not part of the space.

    Raises:
        SpaceMismatchError: The folder holds embeddings of another space.
        DataFileError: The folder holds embeddings that were made in another way, or can't be written.
    """

    def __init__(self, options: BulkOptions, space: VectorSpace, prompt: str) -> None:
        self.path, self._options = options.output, options
        self._made = {
            "version": _VERSION,
            "space": space.to_dict(),
            "prompt": prompt,
            "role": options.role,
            "precision": options.precision,
            "format": options.output_format,
            "keep_text": options.keep_text,
        }
        with self._writing():
            self.path.mkdir(parents=True, exist_ok=True)
        self._check_space(space)

    def _check_space(self, space: VectorSpace) -> None:
        file = self.path / SPACE_FILE
        try:
            known = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            with self._writing():
                _write_whole(file, json.dumps(self._made, indent=2, ensure_ascii=False).encode())
            return
        except ValueError as error:
            raise DataFileError(f"{file} is damaged ({error}). Name another folder with --output.") from error
        space.check(known.get("space", {}), where=str(self.path), remedy="Name another folder with --output.")
        other = [name for name, value in self._made.items() if name != "space" and known.get(name) != value]
        if other:
            raise DataFileError(
                f"{self.path} holds embeddings made with another {', '.join(other)}: {known.get(other[0])!r}, now "
                f"{self._made[other[0]]!r}. Name another folder with --output."
            )

    def name_of(self, table: pa.Table) -> str:
        """Return the name of the shard of a table: a digest of its ids and texts, and of how they are embedded."""
        digest = hashlib.sha256(json.dumps(self._made, sort_keys=True).encode())
        for column in ("id", "text", "error"):
            for value in table[column].to_pylist():
                data = b"" if value is None else value.encode()
                digest.update(b"%d:%d:" % (value is None, len(data)) + data)
        return digest.hexdigest()[:32]

    def has(self, name: str) -> bool:
        """Tell whether a shard is finished."""
        return (self.path / f"{name}{self._suffix}").is_file()

    @property
    def _suffix(self) -> str:
        return ".parquet" if self._options.output_format == "parquet" else ".jsonl"

    def write(self, name: str, table: pa.Table) -> None:
        """Write a shard, which appears in one rename.

        Raises:
            DataFileError: The disk is full, or the folder can't be written. Finished shards stay.
        """
        kept = table if self._options.keep_text else table.drop_columns(["text"])
        with self._writing():
            if self._options.output_format == "parquet":
                _write_parquet(self.path / f"{name}.parquet", kept, self._made)
            else:
                _write_npy(self.path / name, kept)

    def clean(self) -> None:
        """Remove what a killed run has begun."""
        for left in self.path.glob("*.tmp-*"):
            left.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _writing(self) -> Any:
        try:
            yield
        except OSError as error:
            raise DataFileError(
                f"{self.path} can't be written ({error.strerror or error}). Finished shards are kept: make room or "
                "access, and run the same command again."
            ) from error


def read_table(path: Path) -> pa.Table:
    """Return the table of a Parquet file.

    Raises:
        DataFileError: It can't be read.
    """
    try:
        return pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise DataFileError(
            f"The shard {path} can't be read ({error}). Remove it and run the command again."
        ) from error


def _write_parquet(path: Path, table: pa.Table, made: dict[str, Any]) -> None:
    """Write without dates and names of this machine: equal tables are equal files."""
    metadata = {b"qwen3_embed": json.dumps(made, sort_keys=True).encode()}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(metadata), sink, compression="zstd", use_dictionary=False)
    _write_whole(path, sink.getvalue())


def _write_npy(path: Path, table: pa.Table) -> None:
    """Write the embeddings, then the records beside them: a shard counts as finished when its records are there."""
    lists = table["embedding"].combine_chunks()
    width = lists.type.list_size
    values = np.nan_to_num(lists.values.to_numpy(zero_copy_only=False)).reshape(-1, width)
    sink = pa.BufferOutputStream()
    np.save(pa.PythonFile(sink, mode="w"), values)
    _write_whole(path.with_suffix(".npy"), sink.getvalue())
    records = table.drop_columns(["embedding"]).to_pylist()
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records)
    _write_whole(path.with_suffix(".jsonl"), lines.encode())


def _write_whole(path: Path, content: Any) -> None:
    """Write a file that is there whole or not at all, also after a power cut."""
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
