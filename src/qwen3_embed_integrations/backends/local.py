"""A backend that computes here: tokenise → pack → forward → restore order. Shared by every local runtime."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from functools import partial

import numpy as np

from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer, cut, raise_if_too_long
from qwen3_embed_integrations.core.inputs import without_repeats
from qwen3_embed_integrations.core.protocols import Backend, EmbedRequest, Forward, Streams
from qwen3_embed_integrations.core.types import RawEmbeddings
from qwen3_embed_integrations.scheduling.admission import Admission
from qwen3_embed_integrations.scheduling.batcher import Batcher
from qwen3_embed_integrations.scheduling.pending_request import PendingRequest
from qwen3_embed_integrations.scheduling.worker_thread import WorkerThread

_WINDOW = 256  # texts tokenised at a time: the forward pass starts while the rest is still text
_SLICE_CHARACTERS = 8192  # tokenised in about 2 ms: a query's own tokens wait for no longer
_MOST_PROMPTS = 64
_SHORTEST_PREFIX = 4  # tokens: fewer are not worth a place in the cache of keys and values
_LONGEST_PREFIX = 512  # tokens: more would fill it


class LocalBackend(Backend):
    """Tokeniser and forward pass, each on its own threads: one works while the other does."""

    def __init__(
        self,
        tokenizer: TextTokenizer,
        forward: Forward,
        max_batch_tokens: int,
        hidden_size: int,
        streams: Streams | None = None,
    ) -> None:
        self.tokenizer: TextTokenizer = tokenizer
        self._forward = forward
        self._max_batch_tokens = max_batch_tokens
        self._hidden_size = hidden_size
        self._streams = streams or Streams()
        self._start()

    def _start(self) -> None:
        self._admission = Admission()
        self._prefixes: dict[str, tuple[int, ...]] = {}  # prompt → its token ids; touched by one thread only
        self._tokenizer_thread = WorkerThread("qwen3-embed-tokenize")
        self._batcher = Batcher(self._forward, self._max_batch_tokens, self._streams)

    @property
    def n_waiting(self) -> int:
        """Calls that have no result yet."""
        return self._admission.n_calls

    def submit(self, request: EmbedRequest) -> Future[RawEmbeddings]:
        """Return a future of the embeddings at once; cancelling it drops what is not yet computed.

        Raises:
            OverloadedError: As many calls as `max_waiting` wait already.
        """
        return self._admission.admitted(request.max_waiting, partial(self._started, request))

    def _started(self, request: EmbedRequest) -> Future[RawEmbeddings]:
        pending = PendingRequest(request)
        self._tokenizer_thread.submit(partial(self._guarded, pending, self._begin))
        return pending.future

    def close(self, *, discard: bool = False) -> None:
        """Compute what waits, then end both threads.

        Args:
            discard: Drop what waits, and end after the running batch.
        """
        if discard:
            self._batcher.discard()
        self._batcher.drain()
        self._tokenizer_thread.close()
        self._batcher.close()

    def after_fork(self) -> None:
        """Start new threads in a forked child, where none of the parent's exists."""
        self._start()

    def _guarded(self, pending: PendingRequest, step: Callable[[PendingRequest], None]) -> None:
        if pending.future.done():
            return
        try:
            step(pending)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to this call
            pending.fail(error)

    def _begin(self, pending: PendingRequest) -> None:
        """Drop repeated texts, then tokenise the first window."""
        pending.texts, pending.inverse = without_repeats(pending.request.texts)
        pending.n_tokens = np.zeros(len(pending.texts), dtype=np.int64)
        if not pending.texts:
            pending.future.set_result(
                RawEmbeddings(np.empty((0, self._hidden_size), dtype=np.float32), pending.n_tokens)
            )
            return
        self._tokenize_window(pending, 0)

    def _tokenize_window(self, pending: PendingRequest, first: int) -> None:
        """Tokenise one window; the next follows when few tokens wait, behind the texts of other callers.

        With on_overflow="error" all windows are tokenised first: a long text is refused before any is computed.
        """
        texts = pending.texts[first : first + _WINDOW]
        ids: list[list[int]] = []

        def step(pending: PendingRequest) -> None:
            """Tokenise a slice; the texts of other callers go between two slices."""
            observer = pending.request.observer
            part = _slice(texts, len(ids))
            with nullcontext() if observer is None else observer.step("tokenize"):
                ids.extend(self.tokenizer.tokenize(part))
            if len(ids) < len(texts):
                self._tokenizer_thread.submit(partial(self._guarded, pending, step))
            else:
                self._add(pending, ids, first)

        step(pending)

    def _add(self, pending: PendingRequest, ids: list[list[int]], first: int) -> None:
        """Queue the token ids of a window whose first text has the number `first`."""
        lengths = list(map(len, ids))
        pending.n_tokens[first : first + len(ids)] = lengths
        limit, rest = pending.request.max_length, first + _WINDOW
        strict = pending.request.on_overflow == "error"
        if strict:
            raise_if_too_long(ids, first, pending.inverse, limit)

        def more() -> None:
            self._tokenizer_thread.submit(
                lambda: self._guarded(pending, lambda pending: self._tokenize_window(pending, rest))
            )

        has_more = rest < len(pending.texts)
        prefix = self.prefix(pending.request.shared_prefix)
        if max(lengths) > limit:
            ids = [cut(one, limit, len(self.tokenizer.last_ids)) for one in ids]
        self._batcher.add(pending, ids, first, prefix, more if has_more and not strict else None)
        if has_more and strict:
            more()

    def prefix(self, prompt: str) -> tuple[int, ...]:
        """Return the token ids that nearly every text with this prompt begins with.

        Not the last one: the ":" at the end of "Query:" merges with the next word in a quarter of all queries.
        """
        if prompt not in self._prefixes:
            if len(self._prefixes) >= _MOST_PROMPTS:
                self._prefixes.pop(next(iter(self._prefixes)))
            (ids,) = self.tokenizer.tokenize([prompt])
            kept = tuple(ids[: -len(self.tokenizer.last_ids) - 1])
            self._prefixes[prompt] = kept if _SHORTEST_PREFIX <= len(kept) <= _LONGEST_PREFIX else ()
        return self._prefixes[prompt]


def _slice(texts: list[str], first: int) -> list[str]:
    """Return the texts from `first` on that have `_SLICE_CHARACTERS` together, at least one."""
    n_characters, end = 0, first
    while end < len(texts) and n_characters < _SLICE_CHARACTERS:
        n_characters += len(texts[end])
        end += 1
    return texts[first:end]
