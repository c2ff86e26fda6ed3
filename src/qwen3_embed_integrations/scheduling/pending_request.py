"""One call in the batcher: its texts, its future, the embeddings computed so far."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from qwen3_embed_integrations.core.observation import ObservedBatch
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.core.types import FloatArray, RawEmbeddings

Prefix = tuple[int, ...]
_LONGEST_SHARING = 512  # tokens: attention after a prefix needs a mask of tokens times tokens, and saves little


@dataclass
class Sequence:
    """Token ids of one text after its prefix."""

    length: int
    ids: list[int]
    index: int
    prefix: Prefix = ()


_length = attrgetter("length")


class PendingRequest:
    """One call in the batcher: its texts, its future, the embeddings computed so far."""

    def __init__(self, request: EmbedRequest) -> None:
        self.request = request
        self.future: Future[RawEmbeddings] = Future()
        self.texts: list[str] = []  # without repeats
        self.inverse = np.empty(0, dtype=np.int64)  # text i of the call is texts[inverse[i]]
        self.n_tokens = np.empty(0, dtype=np.int64)
        self.embeddings: FloatArray | None = None
        self.n_done = 0
        self.n_waiting = 0
        self.tokens_waiting = 0
        self.is_queued = False
        self.more: Callable[[], None] | None = None  # tokenises the next texts; None: all are tokenised, or asked for
        self._waiting: dict[Prefix, list[Sequence]] = {}  # shortest first: batches are taken from the end
        self._storing = threading.Lock()

    def queue(self, ids: list[list[int]], first: int, prefix: Prefix = ()) -> None:
        """Queue the token ids of texts `first`, `first + 1`, …; cut `prefix` from those that begin with it."""
        if self.request.observer is not None:
            self.request.observer.queued()
        for offset, one in enumerate(ids):
            fits = 0 < len(prefix) < len(one) <= _LONGEST_SHARING and tuple(one[: len(prefix)]) == prefix
            own, shared = (one[len(prefix) :], prefix) if fits else (one, ())
            self._waiting.setdefault(shared, []).append(Sequence(len(own), own, first + offset, shared))
            self.tokens_waiting += len(own)
        self.n_waiting += len(ids)
        for waiting in self._waiting.values():
            waiting.sort(key=_length)  # by a key in C: the tokeniser holds the batcher's lock meanwhile

    def next_prefix(self) -> Prefix:
        """Return the prefix of the sequences to compute next."""
        return next(iter(self._waiting))

    def longest(self, prefix: Prefix) -> int:
        """Return the length in tokens of the longest sequence queued with this prefix; 0 for none."""
        waiting = self._waiting.get(prefix)
        return waiting[-1].length if waiting else 0

    def take(self, room: int, prefix: Prefix = ()) -> list[Sequence]:
        """Take the longest sequences queued with this prefix: as many as fit into `room` tokens, at least one."""
        waiting = self._waiting[prefix]
        taken: list[Sequence] = []
        n_tokens = 0
        while waiting and (not taken or n_tokens + waiting[-1].length <= room):
            taken.append(waiting.pop())
            n_tokens += taken[-1].length
        if not waiting:
            del self._waiting[prefix]
        self.n_waiting -= len(taken)
        self.tokens_waiting -= n_tokens
        return taken

    def fail(self, error: BaseException) -> None:
        """Set `error` on the future, unless it is done."""
        try:
            self.future.set_exception(error)
        except InvalidStateError:
            return  # cancelled, or failed before

    def store(self, sequences: list[Sequence], embeddings: FloatArray) -> None:
        """Store the embeddings of some sequences, `[n, hidden_size]`; the last ones complete the future."""
        with self._storing:  # several streams may store at once
            if self.embeddings is None:
                self.embeddings = np.empty((len(self.texts), embeddings.shape[1]), dtype=np.float32)
            self.embeddings[[sequence.index for sequence in sequences]] = embeddings
            self.n_done += len(sequences)
            if self.request.on_progress is not None:
                self.request.on_progress(self.n_done)
            if self.n_done == len(self.texts):
                self._complete(self.embeddings)

    def _complete(self, embeddings: FloatArray) -> None:
        repeats = len(self.inverse) != len(self.texts)
        result = RawEmbeddings(embeddings[self.inverse] if repeats else embeddings, self.n_tokens[self.inverse])
        try:
            self.future.set_result(result)
        except InvalidStateError:
            return  # cancelled at the last moment


def observed_forward(batch: list[tuple[PendingRequest, Sequence]], max_tokens: int) -> AbstractContextManager[None]:
    """Observe a forward pass: its span is told of every observed request with a text in the batch.

    Args:
        batch: Each sequence with its request.
        max_tokens: Most tokens that the batch could have held.
    """
    observers = {id(one): one for pending, _ in batch if (one := pending.request.observer) is not None}
    if not observers:
        return nullcontext()
    first, *others = observers.values()
    for one in observers.values():
        one.dequeued()
    n_tokens = sum(sequence.length for _, sequence in batch)
    return first.batch(ObservedBatch("forward", len(batch), n_tokens, max_tokens, tuple(others)))
