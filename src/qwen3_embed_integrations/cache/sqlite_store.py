"""Rows in one SQLite file: several processes share it, a damaged one is begun anew, its size is bounded.

SQLite's own journal mode WAL lets processes read while one writes. Python's sqlite3 does here what a caching library
would: rows come and go in batches, nothing is pickled, and of texts only digests are stored.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.types import FloatArray

_APPLICATION = 0x51334543  # "Q3EC": tells our file from another program's database
_PAGE_BYTES = 32768  # seven rows of 1,024 numbers; a page of 4,096 bytes would hold none whole
_BUSY_S = 10.0
_MOST_VARIABLES = 500  # of one statement; SQLite before 3.32 takes 999
_KEPT = 0.9  # of the bound, after the oldest rows were dropped
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, key BLOB UNIQUE, n_tokens INTEGER, row BLOB, sum INTEGER)"
)
_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
}
"""Errors of the disk or of the hour, which say nothing against the file."""

logger = logging.getLogger(__name__)

Stored = tuple[FloatArray, int]
"""A row as the backend gave it, and its text's length in tokens."""

_Result = TypeVar("_Result")


class EmbeddingStore:
    """Keys → rows. Belongs to one thread; a failing disk costs hits, never a call.

    Args:
        path: The file; its folder must exist.

    Raises:
        ConfigError: There is no such folder, or the file is none of ours.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")
        self._identity = (0, 0)
        self._connection: sqlite3.Connection | None = None
        if not path.parent.is_dir():
            raise ConfigError(f"cache_path={str(path)!r}: there is no folder {path.parent}. Create it first.")
        self._raise_if_foreign()
        self._guarded(lambda _: None, None)

    def get(self, keys: Sequence[bytes], width: int) -> dict[bytes, Stored]:
        """Gives what is known of `keys`: whole rows of `width` numbers only."""
        return self._guarded(lambda connection: _read(connection, keys, width), {})

    def put(self, rows: Mapping[bytes, Stored], max_bytes: int) -> None:
        """Keeps `rows`, and drops the oldest ones where all together exceed `max_bytes`."""
        packed = [(key, n_tokens, row.astype("<f4").tobytes()) for key, (row, n_tokens) in rows.items()]
        self._guarded(lambda connection: _write(connection, packed, max_bytes), None)

    def close(self) -> None:
        """Closes the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _guarded(self, work: Callable[[sqlite3.Connection], _Result], otherwise: _Result) -> _Result:
        """Does some work; what SQLite can't do now is a warning, and a damaged file is begun anew."""
        try:
            return work(self._current())
        except OSError as error:
            logger.warning("The cache %s is left out: %s", self._path, error)
        except sqlite3.DatabaseError as error:
            if error_code(error) in _PASSING:
                logger.warning("The cache %s is left out: %s", self._path, error)
            else:
                logger.warning("The cache %s is damaged (%s) and begun anew", self._path, error)
                self._begin_anew()
        return otherwise

    def _current(self) -> sqlite3.Connection:
        """Gives the connection, opened again where another process has put a new file in the old one's place."""
        if self._connection is None or _identity(self._path) != self._identity:
            self.close()
            self._connection = self._opened()
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        with _locked(self._lock_path):
            if not self._path.exists():
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))  # rows tell of texts: for their owner only
            self._identity = _identity(self._path)
            connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (n_tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != _APPLICATION and n_tables:
            raise ConfigError(f"cache_path={str(self._path)!r} is another program's database. Name a file of its own.")
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last rows, never the file
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")

    def _raise_if_foreign(self) -> None:
        """Refuses a file that is no database and beside which no lock of ours lies: it must not be moved aside."""
        if self._lock_path.exists() or not self._path.exists():
            return
        with self._path.open("rb") as file:
            if (head := file.read(16)) and head != b"SQLite format 3\0":
                raise ConfigError(f"cache_path={str(self._path)!r} is no cache of rows. Name a file of its own.")

    def _begin_anew(self) -> None:
        """Moves the damaged file aside, unless another process has done so by now."""
        self.close()
        try:
            with _locked(self._lock_path):
                if _identity(self._path) == self._identity:
                    self._path.replace(self._path.with_name(self._path.name + ".damaged"))
                    for ending in ("-wal", "-shm"):
                        self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
            self._connection = self._opened()
        except (sqlite3.Error, OSError) as error:
            logger.warning("The cache %s can't be begun anew: %s", self._path, error)


def error_code(error: sqlite3.DatabaseError) -> int:
    """Gives SQLite's primary result code; that of damage for an error of our own."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF


def _read(connection: sqlite3.Connection, keys: Sequence[bytes], width: int) -> dict[bytes, Stored]:
    found: dict[bytes, Stored] = {}
    for first in range(0, len(keys), _MOST_VARIABLES):
        some = keys[first : first + _MOST_VARIABLES]
        query = f"SELECT key, n_tokens, row, sum FROM rows WHERE key IN ({','.join('?' * len(some))})"  # noqa: S608 - marks only
        for key, n_tokens, row, checksum in connection.execute(query, some):
            if not isinstance(row, bytes) or _checksum(key, n_tokens, row) != checksum:
                raise sqlite3.DatabaseError("a row differs from its checksum")
            if len(row) == 4 * width:
                found[key] = np.frombuffer(row, dtype="<f4").astype(np.float32), n_tokens
    return found


def _write(connection: sqlite3.Connection, packed: Sequence[tuple[bytes, int, bytes]], max_bytes: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        connection.executemany(
            "INSERT OR IGNORE INTO rows (key, n_tokens, row, sum) VALUES (?, ?, ?, ?)",
            [(*one, _checksum(*one)) for one in packed],
        )
        used = _used_bytes(connection)
        if used > max_bytes:
            (n_rows,) = connection.execute("SELECT count(*) FROM rows").fetchone()
            n_dropped = n_rows - int(n_rows * _KEPT * max_bytes / used)
            connection.execute("DELETE FROM rows WHERE id IN (SELECT id FROM rows ORDER BY id LIMIT ?)", (n_dropped,))


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _checksum(key: bytes, n_tokens: int, row: bytes) -> int:
    return zlib.crc32(row, zlib.crc32(key, n_tokens & 0xFFFFFFFF))


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_dev, found.st_ino


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds a lock that every system has and that ends with its process: an empty database in a transaction."""
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()
