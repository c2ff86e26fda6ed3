"""One call on its way through the batcher: its texts, its future, the embeddings that are done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

import numpy as np

from qwen3_embed_integrations.core.packing import fill_budget
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.core.types import FloatArray, RawEmbeddings

Prefix = tuple[int, ...]
_LONGEST_SHARING = 512  # tokens: behind a prefix attention needs a mask of tokens times tokens, and it saves little


@dataclass(order=True)
class Sequence:
    """Token ids of one text behind its prefix, ordered by their number."""

    length: int
    ids: list[int] = field(compare=False)
    index: int = field(compare=False)
    prefix: Prefix = field(compare=False, default=())


class PendingRequest:
    """One call on its way: its texts, its future, the embeddings that are done."""

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
        self.more: Callable[[], None] | None = None  # tokenises what comes next; None: all is tokenised, or will be
        self._waiting: dict[Prefix, list[Sequence]] = {}  # shortest first: batches are taken from the end
        self._storing = threading.Lock()

    def queue(self, ids: list[list[int]], first: int, prefix: Prefix = ()) -> None:
        """Makes the token ids of texts `first`, `first + 1`, … ready, `prefix` cut from those that begin with it."""
        for offset, one in enumerate(ids):
            fits = 0 < len(prefix) < len(one) <= _LONGEST_SHARING and tuple(one[: len(prefix)]) == prefix
            own, shared = (one[len(prefix) :], prefix) if fits else (one, ())
            self._waiting.setdefault(shared, []).append(Sequence(len(own), own, first + offset, shared))
            self.tokens_waiting += len(own)
        self.n_waiting += len(ids)
        for waiting in self._waiting.values():
            waiting.sort()

    def next_prefix(self) -> Prefix:
        """Gives the prefix of the sequences that are to be computed next."""
        return next(iter(self._waiting))

    def longest(self, prefix: Prefix) -> int:
        """Gives the tokens of the longest sequence that waits with this prefix; 0 for none."""
        waiting = self._waiting.get(prefix)
        return waiting[-1].length if waiting else 0

    def take(self, room: int, prefix: Prefix = ()) -> list[Sequence]:
        """Takes the longest sequences that wait with this prefix, as many as fit into `room` tokens, at least one."""
        waiting = self._waiting[prefix]
        count = fill_budget((sequence.length for sequence in reversed(waiting)), room)
        taken = [waiting.pop() for _ in range(count)]
        if not waiting:
            del self._waiting[prefix]
        self.n_waiting -= count
        self.tokens_waiting -= sum(sequence.length for sequence in taken)
        return taken

    def fail(self, error: BaseException) -> None:
        """Ends the job with `error`, unless it has ended."""
        try:
            self.future.set_exception(error)
        except InvalidStateError:
            return  # cancelled, or failed before

    def store(self, sequences: list[Sequence], embeddings: FloatArray) -> None:
        """Takes the computed embeddings of some of its sequences; the last ones complete the future."""
        with self._storing:  # streams end at the same time
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
