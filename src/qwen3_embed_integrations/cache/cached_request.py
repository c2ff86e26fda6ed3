"""One call through the cache: embeddings that are known come from disk, the others from the backend, and are kept."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from qwen3_embed_integrations.core.cache_keys import EmbeddingKey, embedding_key
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import TextTooLongError
from qwen3_embed_integrations.core.inputs import without_repeats
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.protocols import Backend, EmbedRequest
from qwen3_embed_integrations.core.types import IntArray, RawEmbeddings
from qwen3_embed_integrations.scheduling.worker_thread import WorkerThread

from .sqlite_store import EmbeddingStore

_SLICE = 1024  # texts computed and kept at a time: what an interrupted call has computed so far is not lost


@dataclass(frozen=True)
class Lookup:
    """Where the embeddings of one call are kept.

    Attributes:
        path: The file.
        max_bytes: Its bound.
        key: All that decides an embedding but its text.
        dimension: Length of a stored embedding: the model's own where this process truncates.
    """

    path: Path
    max_bytes: int
    key: EmbeddingKey
    dimension: int


def lookup(config: EncoderConfig, model_info: ModelInfo, prompt: str) -> Lookup:
    """Return where embeddings of texts behind `prompt` are kept under `config`, which names the file."""
    dimension = model_info.dimension(config) if config.server_dimensions else model_info.hidden_size
    return Lookup(
        path=Path(config.cache_path or "").expanduser().absolute(),
        max_bytes=config.cache_max_mb * 1_000_000,
        key=embedding_key(config, model_info, prompt).at_dimension(dimension),
        dimension=dimension,
    )


class _Shelf:
    """One file and the one thread that reads and writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: EmbeddingStore | None = None
        self._worker = WorkerThread("qwen3-embed-cache")
        self.is_closing = False

    @property
    def store(self) -> EmbeddingStore:
        """The file, opened at the first use; only for tasks of this shelf."""
        if self._store is None:
            self._store = EmbeddingStore(self._path)
        return self._store

    def run(self, task: Callable[[], None]) -> None:
        """Runs a task on the shelf's thread."""
        self._worker.submit(task)

    def close(self) -> None:
        """Keeps what has come, then closes the file."""
        self.is_closing = True
        self._worker.close()
        if self._store is not None:
            self._store.close()


_shelves: dict[Path, _Shelf] = {}
_shelves_lock = threading.Lock()
_left_behind: list[object] = []


def submit_through_cache(
    request: EmbedRequest, lookup: Lookup, load: Callable[[], Backend], *, is_loaded: bool
) -> Future[RawEmbeddings]:
    """Gives a future of the embeddings at once; cancelling it drops what is not yet computed.

    Args:
        request: As for a backend.
        lookup: Where the embeddings are kept.
        load: Gives the backend; called only when an embedding is missing.
        is_loaded: Whether `load` gives it at once.
    """
    with _shelves_lock:
        shelf = _shelves.setdefault(lookup.path, _Shelf(lookup.path))
    cached = _CachedRequest(request, lookup, load, shelf, is_loaded=is_loaded)
    shelf.run(lambda: cached.guarded(cached.begin))
    return cached.future


class _CachedRequest:
    """One call on its way."""

    def __init__(
        self, request: EmbedRequest, lookup: Lookup, load: Callable[[], Backend], shelf: _Shelf, *, is_loaded: bool
    ) -> None:
        self.future: Future[RawEmbeddings] = Future()
        self._request = request
        self._lookup = lookup
        self._load = load
        self._shelf = shelf
        self._is_loaded = is_loaded

    def guarded(self, step: Callable[[], None]) -> None:
        """Takes a step; its error is the caller's."""
        if self.future.done():
            return
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to this call
            self._fail(error)

    def begin(self) -> None:
        """Looks the texts up, then asks for those that are missing."""
        self._texts, self._inverse = without_repeats(self._request.texts)
        self._keys = [self._lookup.key.of_text(text) for text in self._texts]
        self._embeddings = np.empty((len(self._texts), self._lookup.dimension), dtype=np.float32)
        self._n_tokens: IntArray = np.zeros(len(self._texts), dtype=np.int64)
        known = self._shelf.store.get(self._keys, self._lookup.dimension)
        self._missing = [place for place, key in enumerate(self._keys) if key not in known]
        for place, key in enumerate(self._keys):
            if key in known:
                self._embeddings[place], self._n_tokens[place] = known[key]
        self._ask()

    def _ask(self) -> None:
        """Asks for the next slice of what is missing; completes the call where nothing is."""
        self._tell_progress(0)
        if not self._missing:
            self._complete()
        elif self._is_loaded:
            self._submit()
        else:  # loading takes seconds, in which others may look their embeddings up
            self._is_loaded = True
            threading.Thread(target=lambda: self.guarded(self._submit), name="qwen3-embed-load", daemon=True).start()

    def _submit(self) -> None:
        places = self._missing[:_SLICE]
        request = replace(
            self._request, texts=[self._texts[place] for place in places], on_progress=self._tell_progress
        )
        self._follow(self._load().submit(request), lambda inner: self._arrived(places, inner))

    def _follow(self, inner: Future[RawEmbeddings], then: Callable[[Future[RawEmbeddings]], None]) -> None:
        self.future.add_done_callback(lambda _: inner.cancel())
        inner.add_done_callback(lambda _: self._shelf.run(lambda: self.guarded(lambda: then(inner))))

    def _arrived(self, places: list[int], inner: Future[RawEmbeddings]) -> None:
        """Takes a slice's embeddings, asks for the next, then keeps them."""
        if self._shelf.is_closing:
            return
        if not inner.cancelled() and isinstance(inner.exception(), TextTooLongError):
            self._name_the_text()
            return
        raw = inner.result()
        self._embeddings[places], self._n_tokens[places] = raw.embeddings, raw.n_tokens
        del self._missing[: len(places)]
        self._ask()
        kept = {
            self._keys[place]: (embedding, int(n_tokens))
            for place, embedding, n_tokens in zip(places, raw.embeddings, raw.n_tokens, strict=True)
            if np.isfinite(embedding).all() and embedding.any()
        }
        self._shelf.store.put(kept, self._lookup.max_bytes)

    def _name_the_text(self) -> None:
        """Has the backend refuse the whole call: it names the text by its place, which it must be told for that."""
        self._follow(self._load().submit(self._request), lambda inner: self._deliver(inner.result()))

    def _tell_progress(self, n_of_slice: int) -> None:
        if self._request.on_progress is not None:
            self._request.on_progress(len(self._texts) - len(self._missing) + n_of_slice)

    def _complete(self) -> None:
        self._deliver(RawEmbeddings(self._embeddings[self._inverse], self._n_tokens[self._inverse]))

    def _deliver(self, raw: RawEmbeddings) -> None:
        try:
            self.future.set_result(raw)
        except InvalidStateError:
            return  # cancelled at the last moment

    def _fail(self, error: BaseException) -> None:
        try:
            self.future.set_exception(error)
        except InvalidStateError:
            return  # cancelled at the last moment


def _close_all() -> None:
    for shelf in list(_shelves.values()):
        shelf.close()


def _after_fork() -> None:
    """A forked child opens the files anew: SQLite forbids to carry a connection over."""
    global _shelves, _shelves_lock
    _left_behind.append(_shelves)  # closing them would disturb the parent's own
    _shelves, _shelves_lock = {}, threading.Lock()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
