"""The cache files that this process has open, each with the one thread that reads and writes it; bounded in number."""

from __future__ import annotations

import atexit
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.scheduling.worker_thread import WorkerThread

from .sqlite_store import EmbeddingStore

MAX_OPEN = 8
"""Files open at once; more only while that many have calls in progress."""


class CacheFile:
    """One file and its thread.

    Attributes:
        n_calls: Calls in progress.
        is_closing: Whether the file is being closed: then nothing more is run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: EmbeddingStore | None = None
        self._worker = WorkerThread("qwen3-embed-cache")
        self.n_calls = 0
        self.is_closing = False

    @property
    def store(self) -> EmbeddingStore:
        """The file, opened at the first use; only for tasks of this file's thread.

        Raises:
            ConfigError: `cache_path` names no file that can be a cache.
        """
        if self._store is None:
            self._store = EmbeddingStore(self._path)
        return self._store

    def run(self, task: Callable[[], None]) -> None:
        """Run a task on the file's thread; drop it if the file is being closed, when no call is in progress."""
        if not self.is_closing:
            self._worker.submit(task)

    def close(self) -> None:
        """Run the queued tasks, end the thread and close the file."""
        self.is_closing = True
        self._worker.close()
        if self._store is not None:
            self._store.close()


_open: OrderedDict[Path, CacheFile] = OrderedDict()
"""By path, the least recently used first."""
_evicted: set[CacheFile] = set()
_lock = threading.Lock()
_left_behind: list[object] = []


def cache_file(path: Path, call: Future[Any]) -> CacheFile:
    """Return the open file at `path` and count `call` as in progress until it is done.

    If more than `MAX_OPEN` files are open, close the least recently used ones without a call in progress, in another
    thread: closing may have to wait for a write.
    """
    with _lock:
        file = _open.setdefault(path, CacheFile(path))
        _open.move_to_end(path)
        file.n_calls += 1
        idle = [key for key, one in _open.items() if one.n_calls == 0]
        evicted = [_open.pop(key) for key in idle[: max(0, len(_open) - MAX_OPEN)]]
        _evicted.update(evicted)
    call.add_done_callback(lambda _: _ended(file))
    for one in evicted:
        threading.Thread(target=_close_evicted, args=(one,), name="qwen3-embed-cache-close", daemon=True).start()
    return file


def _ended(file: CacheFile) -> None:
    with _lock:
        file.n_calls -= 1


def _close_evicted(file: CacheFile) -> None:
    file.close()
    with _lock:
        _evicted.discard(file)


def _close_all() -> None:
    for file in [*_open.values(), *_evicted]:
        file.close()


def _after_fork() -> None:
    """Forget the parent's files in a forked child: SQLite forbids using a connection there, or closing it."""
    global _open, _evicted, _lock
    _left_behind.extend((_open, _evicted))
    _open, _evicted, _lock = OrderedDict(), set(), threading.Lock()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
