"""Embeddings in one SQLite file, shared by processes and bounded in size; a damaged file is replaced.

In SQLite's journal mode WAL, processes read while one writes. Only digests of texts are stored, and nothing is pickled.
"""

from __future__ import annotations

import logging
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.types import FloatArray

from .circuit_breaker import CircuitBreaker
from .private_file import identity, make_private

_APPLICATION = 0x51334543  # "Q3EC": marks our files among databases of other programs
_PAGE_BYTES = 32768  # seven embeddings of 1,024 numbers; none would fit into a page of 4,096 bytes
_BUSY_S = 0.5  # a transaction of another process takes milliseconds
_MAX_VARIABLES = 500  # of one statement; SQLite before 3.32 takes 999
_KEPT = 0.9  # share of the size limit that remains after the oldest embeddings were dropped
_SIDE_FILES = ("-wal", "-shm")
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS embeddings "
    "(id INTEGER PRIMARY KEY, key BLOB UNIQUE, n_tokens INTEGER, embedding BLOB, checksum INTEGER)"
)
_TRANSIENT = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
}
"""Transient SQLite errors: the database file itself is intact."""

logger = logging.getLogger(__name__)

Stored = tuple[FloatArray, int]
"""An embedding as the backend returned it, and the length of its text in tokens."""

_Result = TypeVar("_Result")


class EmbeddingStore:
    """Embeddings by key. Belongs to one thread.

    A file that can't be read or written costs hits, never a call: after a failure it is left out for a growing pause,
    with one line in the log. Reading and writing fail independently.

    Args:
        path: The file; its folder must exist. It and its companions (-wal, -shm, .lock) get mode 0600.
        clock: Return the current time in seconds; monotonic.

    Raises:
        ConfigError: The folder does not exist, or `path` is a link, no regular file, or another program's file.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")
        self._identity = (0, 0)
        self._connection: sqlite3.Connection | None = None
        self._reading, self._writing = CircuitBreaker(clock), CircuitBreaker(clock)
        if not path.parent.is_dir():
            raise ConfigError(f"cache_path={str(path)!r}: there is no folder {path.parent}. Create it first.")
        self._guarded(self._reading, lambda _: None, None)

    def get(self, keys: Sequence[bytes], dimension: int) -> dict[bytes, Stored]:
        """Return the stored embeddings of `keys` that have `dimension` numbers.

        Raises:
            ConfigError: The file was replaced by a link or by another program's file.
        """
        return self._guarded(self._reading, lambda connection: _read(connection, keys, dimension), {})

    def put(self, embeddings: Mapping[bytes, Stored], max_bytes: int) -> None:
        """Store `embeddings`, then drop the oldest ones if the file exceeds `max_bytes`.

        Raises:
            ConfigError: The file was replaced by a link or by another program's file.
        """
        records = [(key, n_tokens, one.astype("<f4").tobytes()) for key, (one, n_tokens) in embeddings.items()]
        self._guarded(self._writing, lambda connection: _write(connection, records, max_bytes), None)

    def close(self) -> None:
        """Close the file; `get` and `put` open it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _guarded(
        self, breaker: CircuitBreaker, work: Callable[[sqlite3.Connection], _Result], otherwise: _Result
    ) -> _Result:
        """Return the result of `work`, or `otherwise` if the file is left out."""
        if breaker.is_open:
            return otherwise
        try:
            result = work(self._current())
        except OSError as error:
            self._leave_out(breaker, error)
        except sqlite3.DatabaseError as error:
            if error_code(error) in _TRANSIENT:
                self._leave_out(breaker, error)
            else:
                self._replace_damaged(breaker, error)
        else:
            breaker.reset()
            return result
        return otherwise

    def _leave_out(self, breaker: CircuitBreaker, error: Exception) -> None:
        """Trip the breaker; trip both if the file can't even be opened. Log one line."""
        failed = [breaker] if self._connection is not None else [self._reading, self._writing]
        if any([one.trip() for one in failed]):  # noqa: C419 - each must trip
            logger.warning("The cache %s is left out, and tried again after growing pauses: %s", self._path, error)

    def _replace_damaged(self, breaker: CircuitBreaker, error: Exception) -> None:
        """Move the damaged file aside unless another process already has, and open a new one."""
        logger.warning("The cache %s is damaged (%s) and begun anew", self._path, error)
        self.close()
        try:
            with locked(self._lock_path):
                if identity(self._path) == self._identity:
                    self._path.replace(self._path.with_name(self._path.name + ".damaged"))
                    for ending in _SIDE_FILES:
                        self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
            self._connection = self._opened()
        except (sqlite3.Error, OSError) as again:
            self._leave_out(breaker, again)

    def _current(self) -> sqlite3.Connection:
        """Return the connection; reopen it if another process has replaced the file."""
        if self._connection is None or identity(self._path) != self._identity:
            self.close()
            self._connection = self._opened()
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        self._raise_if_foreign()
        with locked(self._lock_path):
            self._identity = make_private(self._path, create=True)
            for ending in _SIDE_FILES:
                make_private(self._path.with_name(self._path.name + ending), create=False)
            connection = _connected(self._path)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Create the table in a new file; write nothing to a file that has it, which another process may be writing."""
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if application != _APPLICATION and tables:
            raise ConfigError(f"cache_path={str(self._path)!r} is another program's database. Name a new file.")
        connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last embeddings, never the file
        if "embeddings" in tables:
            return
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("DROP TABLE IF EXISTS rows")  # the table of version 0.1.0
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")

    def _raise_if_foreign(self) -> None:
        """Reject a file that is no database, unless our lock file lies beside it: then it is a damaged cache."""
        if identity(self._lock_path) != (0, 0) or make_private(self._path, create=False) == (0, 0):
            return
        with self._path.open("rb") as file:
            if (head := file.read(16)) and head != b"SQLite format 3\0":
                raise ConfigError(f"cache_path={str(self._path)!r} is no cache of embeddings. Name a new file.")


def error_code(error: sqlite3.DatabaseError) -> int:
    """Return SQLite's primary result code; SQLITE_CORRUPT for an error raised here."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF


def _read(connection: sqlite3.Connection, keys: Sequence[bytes], dimension: int) -> dict[bytes, Stored]:
    found: dict[bytes, Stored] = {}
    for first in range(0, len(keys), _MAX_VARIABLES):
        some = keys[first : first + _MAX_VARIABLES]
        query = (
            "SELECT key, n_tokens, embedding, checksum FROM embeddings "  # noqa: S608 - question marks only
            f"WHERE key IN ({','.join('?' * len(some))})"
        )
        for key, n_tokens, embedding, checksum in connection.execute(query, some):
            if not isinstance(embedding, bytes) or _checksum(key, n_tokens, embedding) != checksum:
                raise sqlite3.DatabaseError("an embedding differs from its checksum")
            if len(embedding) == 4 * dimension:
                found[key] = np.frombuffer(embedding, dtype="<f4").astype(np.float32), n_tokens
    return found


def _write(connection: sqlite3.Connection, records: Sequence[tuple[bytes, int, bytes]], max_bytes: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        connection.executemany(
            "INSERT OR IGNORE INTO embeddings (key, n_tokens, embedding, checksum) VALUES (?, ?, ?, ?)",
            [(*record, _checksum(*record)) for record in records],
        )
        used = _used_bytes(connection)
        if used > max_bytes:
            (count,) = connection.execute("SELECT count(*) FROM embeddings").fetchone()
            n_dropped = count - int(count * _KEPT * max_bytes / used)
            connection.execute(
                "DELETE FROM embeddings WHERE id IN (SELECT id FROM embeddings ORDER BY id LIMIT ?)", (n_dropped,)
            )


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _checksum(key: bytes, n_tokens: int, embedding: bytes) -> int:
    return zlib.crc32(embedding, zlib.crc32(key, n_tokens & 0xFFFFFFFF))


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that every system has and that ends with its process: a transaction in an empty database."""
    make_private(path, create=True)
    connection = _connected(path)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()
