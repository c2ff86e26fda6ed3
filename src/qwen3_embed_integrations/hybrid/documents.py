"""The documents of a BM25 index in its tables: add, delete, look up; each function is part of one transaction."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from .tokenizer import tokenize

_BATCH = 500  # SQLite before 3.32 takes 999 variables in a statement

_Item = TypeVar("_Item")


def batches(items: Sequence[_Item]) -> Iterator[list[_Item]]:
    """Yield the items in lists of at most 500: documents of a transaction, variables of a statement."""
    yield from (list(items[first : first + _BATCH]) for first in range(0, len(items), _BATCH))


def add_documents(connection: sqlite3.Connection, texts: Mapping[str, str]) -> int:
    """Store at most 500 texts by id, skip those that are stored already, and return how many were not."""
    stored = stored_documents(connection, list(texts))
    digests = {name: _digest(text) for name, text in texts.items()}
    changed = [name for name in texts if stored.get(name, (0, b""))[1] != digests[name]]
    for name in changed:
        terms = tokenize(texts[name])
        number = stored[name][0] if name in stored else None
        if number is not None:
            _delete_terms(connection, number)
        cursor = connection.execute(
            "INSERT INTO documents (number, id, digest, length) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (number) DO UPDATE SET digest = excluded.digest, length = excluded.length",
            (number, name, digests[name], len(terms)),
        )
        record = (cursor.lastrowid if number is None else number, " ".join(terms))
        connection.execute("INSERT INTO contents (number, terms) VALUES (?, ?)", record)
        connection.execute("INSERT INTO postings (rowid, terms) VALUES (?, ?)", record)
    return len(changed)


def delete_documents(connection: sqlite3.Connection, ids: Sequence[str]) -> int:
    """Delete those of at most 500 documents that are stored, and return how many were."""
    numbers = [number for number, _ in stored_documents(connection, ids).values()]
    for number in numbers:
        _delete_terms(connection, number)
        connection.execute("DELETE FROM documents WHERE number = ?", (number,))
    return len(numbers)


def _delete_terms(connection: sqlite3.Connection, number: int) -> None:
    """Delete a document's terms; FTS5 needs those that were indexed, to find them in its index."""
    (terms,) = connection.execute("SELECT terms FROM contents WHERE number = ?", (number,)).fetchone()
    connection.execute("INSERT INTO postings (postings, rowid, terms) VALUES ('delete', ?, ?)", (number, terms))
    connection.execute("DELETE FROM contents WHERE number = ?", (number,))


def stored_documents(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    """Return the number and the text's digest of each of at most 500 ids that is stored."""
    marks = ",".join("?" * len(ids))
    query = f"SELECT id, number, digest FROM documents WHERE id IN ({marks})"  # noqa: S608 - question marks only
    return {name: (number, digest) for name, number, digest in connection.execute(query, ids)}


def numbers_of(connection: sqlite3.Connection, ids: Sequence[str]) -> list[int]:
    """Return the numbers of those ids that are stored."""
    return [number for batch in batches(ids) for number, _ in stored_documents(connection, batch).values()]


def ids_of(connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Return the id of each number."""
    names: dict[int, str] = {}
    for batch in batches(numbers):
        marks = ",".join("?" * len(batch))
        query = f"SELECT number, id FROM documents WHERE number IN ({marks})"  # noqa: S608 - question marks only
        names.update(connection.execute(query, batch))
    return names


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
