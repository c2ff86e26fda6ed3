"""One call through the cache: read known embeddings from disk, compute the missing ones and store them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from qwen3_embed_integrations.core.cache_keys import EmbeddingKey, embedding_key, score_key
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import TextTooLongError
from qwen3_embed_integrations.core.inputs import without_repeats
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.protocols import Backend, EmbedRequest
from qwen3_embed_integrations.core.reranker_config import RerankerRuntimeConfig
from qwen3_embed_integrations.core.types import IntArray, RawEmbeddings

from .open_caches import CacheFile, cache_file

_SLICE = 1024  # texts computed and stored at a time: an interrupted call loses no more than these


@dataclass(frozen=True)
class Lookup:
    """Where the embeddings of one call are stored.

    Attributes:
        path: The cache file.
        max_bytes: Its size limit.
        key: Everything that decides an embedding except its text.
        dimension: Length of a stored embedding: `hidden_size`, unless the server truncates.
    """

    path: Path
    max_bytes: int
    key: EmbeddingKey
    dimension: int


def lookup(config: EncoderConfig, model_info: ModelInfo, prompt: str) -> Lookup:
    """Return where embeddings of texts with this prompt are stored.

    Args:
        config: The encoder's options, `cache_path` set.
        model_info: The encoder's model.
        prompt: Prompt of each text; "" for none.

    Raises:
        ConfigError: `max_length` or `dimension` of `config` is more than the model supports.
    """
    dimension = model_info.dimension(config) if config.server_dimensions else model_info.hidden_size
    return _lookup(config, embedding_key(config, model_info, prompt).at_dimension(dimension))


def score_lookup(config: RerankerRuntimeConfig, model_info: ModelInfo) -> Lookup:
    """Return where the logits of pairs are stored.

    Args:
        config: The reranker's options, `cache_path` set.
        model_info: The reranker's model.

    Raises:
        ConfigError: `max_length` of `config` is more than the model supports.
    """
    return _lookup(config, score_key(config, model_info))


def _lookup(config: EncoderConfig, key: EmbeddingKey) -> Lookup:
    return Lookup(
        path=Path(config.cache_path or "").expanduser().absolute(),
        max_bytes=config.cache_max_mb * 1_000_000,
        key=key,
        dimension=key.space.dimension,
    )


def submit_through_cache(
    request: EmbedRequest, lookup: Lookup, load: Callable[[], Backend], *, is_loaded: bool
) -> Future[RawEmbeddings]:
    """Return a future of the embeddings immediately; cancelling it drops what is not yet computed.

    The future raises ConfigError if `lookup.path` can't be a cache file, and what the backend raises.

    Args:
        request: The texts, as for a backend.
        lookup: Where the embeddings are stored.
        load: Return the backend; called only if an embedding is missing.
        is_loaded: Whether `load` returns immediately.
    """
    future: Future[RawEmbeddings] = Future()
    file = cache_file(lookup.path, future)
    cached = _CachedRequest(request, lookup, load, file, future, is_loaded=is_loaded)
    file.run(lambda: cached.guarded(cached.begin))
    return future


class _CachedRequest:
    """One call in progress; its methods run on the cache file's thread."""

    def __init__(  # noqa: PLR0913 - what one call consists of
        self,
        request: EmbedRequest,
        lookup: Lookup,
        load: Callable[[], Backend],
        file: CacheFile,
        future: Future[RawEmbeddings],
        *,
        is_loaded: bool,
    ) -> None:
        self._request = request
        self._lookup = lookup
        self._load = load
        self._file = file
        self._future = future
        self._is_loaded = is_loaded

    def guarded(self, step: Callable[[], None]) -> None:
        """Run a step unless the call is done; set its error on the future."""
        if self._future.done():
            return
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            self._fail(error)

    def begin(self) -> None:
        """Look the texts up, then request the missing ones."""
        self._texts, self._inverse = without_repeats(self._request.texts)
        self._keys = [self._lookup.key.of_text(text) for text in self._texts]
        self._embeddings = np.empty((len(self._texts), self._lookup.dimension), dtype=np.float32)
        self._n_tokens: IntArray = np.zeros(len(self._texts), dtype=np.int64)
        known = self._file.store.get(self._keys, self._lookup.dimension)
        self._missing = [index for index, key in enumerate(self._keys) if key not in known]
        if self._request.observer is not None:
            self._request.observer.looked_up(len(self._keys) - len(self._missing), len(self._missing))
        for index, key in enumerate(self._keys):
            if key in known:
                self._embeddings[index], self._n_tokens[index] = known[key]
        self._request_missing()

    def _request_missing(self) -> None:
        """Request the next slice of missing texts; complete the call if there is none."""
        self._report_progress(0)
        if not self._missing:
            self._complete()
        elif self._is_loaded:
            self._submit()
        else:  # loading takes seconds, during which other calls may look their embeddings up
            self._is_loaded = True
            threading.Thread(target=lambda: self.guarded(self._submit), name="qwen3-embed-load", daemon=True).start()

    def _submit(self) -> None:
        indices = self._missing[:_SLICE]
        request = replace(
            self._request, texts=[self._texts[index] for index in indices], on_progress=self._report_progress
        )
        self._follow(self._load().submit(request), lambda inner: self._arrived(indices, inner))

    def _follow(self, inner: Future[RawEmbeddings], then: Callable[[Future[RawEmbeddings]], None]) -> None:
        self._future.add_done_callback(lambda _: inner.cancel())
        inner.add_done_callback(lambda _: self._file.run(lambda: self.guarded(lambda: then(inner))))

    def _arrived(self, indices: list[int], inner: Future[RawEmbeddings]) -> None:
        """Take the embeddings of a slice, request the next slice, then store them."""
        if self._file.is_closing:
            return
        if not inner.cancelled() and isinstance(inner.exception(), TextTooLongError):
            self._submit_whole_call()
            return
        raw = inner.result()
        self._embeddings[indices], self._n_tokens[indices] = raw.embeddings, raw.n_tokens
        del self._missing[: len(indices)]
        self._request_missing()
        computed = {
            self._keys[index]: (embedding, int(n_tokens))
            for index, embedding, n_tokens in zip(indices, raw.embeddings, raw.n_tokens, strict=True)
            if np.isfinite(embedding).all() and embedding.any()
        }
        self._file.store.put(computed, self._lookup.max_bytes)

    def _submit_whole_call(self) -> None:
        """Have the backend reject the whole call: its error names the text by its index in the call."""
        self._follow(self._load().submit(self._request), lambda inner: self._deliver(inner.result()))

    def _report_progress(self, n_of_slice: int) -> None:
        if self._request.on_progress is not None:
            self._request.on_progress(len(self._texts) - len(self._missing) + n_of_slice)

    def _complete(self) -> None:
        self._deliver(RawEmbeddings(self._embeddings[self._inverse], self._n_tokens[self._inverse]))

    def _deliver(self, raw: RawEmbeddings) -> None:
        try:
            self._future.set_result(raw)
        except InvalidStateError:
            return  # cancelled at the last moment

    def _fail(self, error: BaseException) -> None:
        try:
            self._future.set_exception(error)
        except InvalidStateError:
            return  # cancelled at the last moment
