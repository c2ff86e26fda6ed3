"""The SQLite file of a BM25 index: private, shared by processes, replaced when it is damaged or outdated."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from qwen3_embed_integrations.cache.private_file import identity, make_private
from qwen3_embed_integrations.cache.sqlite_store import error_code, locked
from qwen3_embed_integrations.core.errors import BM25IndexError, ConfigError

from .tokenizer import TOKENIZER_VERSION

_APPLICATION = 0x5133424D  # "Q3BM": marks our files among databases of other programs
_BUSY_S = 30.0  # one batch of another process takes about a second
_SIDE_FILES = ("-wal", "-shm")
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_MEMORY = ":memory:"
_SCHEMA = (
    "CREATE TABLE documents (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest BLOB, length INTEGER)",
    "CREATE TABLE contents (number INTEGER PRIMARY KEY, terms TEXT NOT NULL)",
    # The terms are split already: white space separates them, and every other character of a term is a token character.
    """CREATE VIRTUAL TABLE postings USING fts5(terms, content='contents', content_rowid='number', columnsize=0,
       tokenize="ascii tokenchars '_.-@+#'")""",
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(postings, 'row')",
    "CREATE VIRTUAL TABLE occurrences USING fts5vocab(postings, 'instance')",
)
_TABLES = ("occurrences", "vocabulary", "postings", "contents", "documents")

logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class IndexFile:
    """One connection to the file, safe to use from many threads and after a fork.

    Args:
        path: The file; its folder must exist. None: memory.

    Raises:
        ConfigError: The folder does not exist, or `path` is a link, no regular file, or another program's file.
        BM25IndexError: The file can't be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock, self._process = threading.RLock(), os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._identity = (0, 0)
        if path is not None and not path.parent.is_dir():
            raise ConfigError(f"path={str(path)!r}: there is no folder {path.parent}. Create it first.")
        self.run(lambda _: None)

    def run(self, work: Callable[[sqlite3.Connection], _Result], *, write: bool = False) -> _Result:
        """Return the result of `work` in one transaction; an exception rolls it back.

        A damaged file is moved aside with a warning in the log, and `work` runs again on an empty index.

        Raises:
            BM25IndexError: The file can't be read or written.
            ConfigError: The file was replaced by a link or by another program's file.
        """
        self._leave_the_parents_connection()
        with self._lock:
            try:
                return self._in_transaction(work, write=write)
            except (sqlite3.DatabaseError, OSError) as error:
                if isinstance(error, OSError) or error_code(error) not in _DAMAGED or self._path is None:
                    raise self._failure(error) from error
                logger.warning("The BM25 index %s is damaged (%s) and begun anew", self._path, error)
            try:
                self._move_aside(self._path)
                return self._in_transaction(work, write=write)
            except (sqlite3.DatabaseError, OSError) as error:
                raise self._failure(error) from error

    def close(self) -> None:
        """Close the file; `run` opens it again. An index in memory is lost."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    def _in_transaction(self, work: Callable[[sqlite3.Connection], _Result], *, write: bool) -> _Result:
        connection = self._current()
        with _transaction(connection, "BEGIN IMMEDIATE" if write else "BEGIN"):
            return work(connection)

    def _current(self) -> sqlite3.Connection:
        """Return the connection; reopen it if another process has replaced the file."""
        if self._path is not None and self._connection is not None and identity(self._path) != self._identity:
            self.close()
        if self._connection is None:
            self._connection = self._opened(self._path) if self._path else _prepared(_connected(_MEMORY), _MEMORY)
        return self._connection

    def _opened(self, path: Path) -> sqlite3.Connection:
        _raise_if_foreign(path)
        with locked(_lock_path(path)):
            self._identity = make_private(path, create=True, option="path")
            for ending in _SIDE_FILES:
                make_private(path.with_name(path.name + ending), create=False, option="path")
            return _prepared(_connected(path), str(path))

    def _move_aside(self, path: Path) -> None:
        """Rename the damaged file unless another process already has."""
        self.close()
        with locked(_lock_path(path)):
            if identity(path) == self._identity:
                path.replace(path.with_name(path.name + ".damaged"))
                for ending in _SIDE_FILES:
                    path.with_name(path.name + ending).unlink(missing_ok=True)

    def _leave_the_parents_connection(self) -> None:
        """Forget a connection that was opened before a fork: SQLite forbids using it in the child, or closing it."""
        if self._process != os.getpid():
            if self._path is not None:
                _left_behind.append(self._connection)
                self._connection = None
            self._lock, self._process = threading.RLock(), os.getpid()

    def _failure(self, error: Exception) -> Exception:
        if "no such module: fts5" in str(error):
            return ConfigError("This Python's SQLite has no FTS5, which the BM25 index needs. Use another build of it.")
        return BM25IndexError(
            f"The BM25 index {self._path or 'in memory'} can't be read or written: {error}. Nothing of this batch was "
            "stored. Free the disk, the lock or the file's permissions, and call again."
        )


_left_behind: list[sqlite3.Connection | None] = []


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # some errors have ended it already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connected(path: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)


def _prepared(connection: sqlite3.Connection, path: str) -> sqlite3.Connection:
    """Return the connection with the tables of this version made; other tables of ours are dropped."""
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if application != _APPLICATION and tables:
            raise ConfigError(f"path={path!r} is another program's database. Name a new file.")  # noqa: TRY301
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last batches, never the file
        if version != TOKENIZER_VERSION:
            with _transaction(connection, "BEGIN IMMEDIATE"):
                for statement in (*(f"DROP TABLE IF EXISTS {name}" for name in _TABLES), *_SCHEMA):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {TOKENIZER_VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _raise_if_foreign(path: Path) -> None:
    """Reject a file that is no database, unless our lock file lies beside it: then it is a damaged index."""
    if identity(_lock_path(path)) != (0, 0) or make_private(path, create=False, option="path") == (0, 0):
        return
    with path.open("rb") as file:
        if (head := file.read(16)) and head != b"SQLite format 3\0":
            raise ConfigError(f"path={str(path)!r} is no BM25 index. Name a new file.")


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")
