"""Qdrant's local mode writes many points in one SQLite transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self


class _OpenTransaction:
    """A connection whose `with` blocks end without a commit."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@contextmanager
def one_transaction(client: Any, collection: str) -> Iterator[None]:
    """Commit once for all points: local mode (qdrant-client 1.20) commits, and waits for the disk, at every point."""
    local = getattr(getattr(client, "_client", None), "collections", {}).get(collection)
    storage = getattr(local, "storage", None)
    connection: Any = getattr(storage, "storage", None)
    if storage is None or not hasattr(connection, "commit"):
        yield
        return
    storage.storage = _OpenTransaction(connection)
    try:
        yield
    finally:
        storage.storage = connection
        connection.commit()  # after a failure too: the points before it are in memory, and searches find them
