"""Natural batching: whatever waits, up to the token budget, is the next batch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from qwen3_embed_integrations.core.errors import EncoderClosedError
from qwen3_embed_integrations.core.packing import PackedBatch
from qwen3_embed_integrations.core.protocols import Forward, PipelinedForward, Streams
from qwen3_embed_integrations.core.types import FloatArray

from .batch_choice import Batch, BatchChoice
from .computation import Computation, fail_single_text
from .give_way import GiveWay
from .pending_request import PendingRequest, Prefix
from .worker_thread import WorkerThread, pausing

_ALONE_TOKENS = 96  # up to so many tokens, all threads together are faster than one
_AHEAD = 16  # batches of a request to tokenise ahead: token ids take ten times the memory of their text
_LEAST_AHEAD = 8192  # tokens to tokenise ahead at least


class Batcher:
    """Run the forward pass on streams, while callers wait on their futures.

    Much work is split over the streams, one batch on each. Little work, a single text, or a text longer than all that
    waits beside it is one batch that is computed alone, by all threads together.

    Args:
        forward: Computes a packed batch.
        max_batch_tokens: Most tokens of a batch; a single longer text is a batch of its own.
        streams: The batches that run in parallel; None for one.
    """

    def __init__(self, forward: Forward, max_batch_tokens: int, streams: Streams | None = None) -> None:
        self._forward = forward
        self._is_pipelined = isinstance(forward, PipelinedForward)
        self._choice = BatchChoice(max_batch_tokens)
        self._streams = streams or Streams()
        self._threads = [WorkerThread(f"qwen3-embed-forward-{number}") for number in range(self._streams.count)]
        self._pending: list[PendingRequest] = []  # by arrival
        self._lock = threading.Lock()
        self._n_running = 0
        self._draining = self._closed = self._is_observed = False
        self._alone = False  # one batch has all threads

    def add(
        self,
        pending: PendingRequest,
        ids: list[list[int]],
        first: int,
        prefix: Prefix = (),
        more: Callable[[], None] | None = None,
    ) -> None:
        """Queue token ids of a request.

        Args:
            pending: The request.
            ids: Token ids of its texts `first`, `first + 1`, …
            first: Number of the first of these texts.
            prefix: Token ids with which most of the texts begin.
            more: Called once, when few tokens of the request are queued: tokenises its next texts and adds them.
                None if there are none.
        """
        with self._lock:
            if self._closed:
                pending.fail(EncoderClosedError("The encoder was closed while this call waited. Call it again."))
                return
            pending.queue(ids, first, prefix)
            self._is_observed |= pending.request.observer is not None
            if not pending.is_queued:
                pending.is_queued = True
                self._pending.append(pending)
                if len(ids) == len(pending.texts):
                    self._choice.arrived(pending)
            pending.more = more
            self._refill(pending)
            little = self._waiting()[1] and not self._n_running
        self._wake(1 if little else self._streams.count)

    def drain(self) -> None:
        """Ask every request for all its remaining texts, because `close` finishes only what is queued."""
        with self._lock:
            self._draining = True
            for pending in self._pending:
                self._refill(pending)

    def close(self) -> None:
        """Compute what is queued, then end the threads."""
        for thread in (*self._threads, *self._threads):  # a stream that computed alone wakes threads that have ended
            thread.close()
        for pending in self.discard():
            pending.fail(EncoderClosedError("The encoder was closed while this call waited. Call it again."))

    def discard(self) -> list[PendingRequest]:
        """Refuse later requests; return those that wait, which will not be computed."""
        with self._lock:
            self._closed = True
            left, self._pending = self._pending, []
        return left

    def _wake(self, n_threads: int) -> None:
        for number in range(n_threads):
            self._threads[number].submit(partial(self._run, number))

    def _run(self, stream: int) -> None:
        """Compute what waits. On a device that computes by itself, the next batch begins before one is collected."""
        self._streams.bind(stream)
        ahead: Computation | None = None
        while (batch := self._take(stream)) or ahead:
            begun = self._begin(batch) if batch else None
            if ahead is not None:
                self._end(ahead)
            if begun is not None and not begun.is_ahead:
                self._end(begun)
                begun = None
            ahead = begun

    def _end(self, computation: Computation) -> None:
        try:
            self._finish(computation)
        finally:
            with self._lock:
                self._n_running -= 1
                was_alone, self._alone = self._alone, False
        if was_alone and self._pending:
            self._wake(self._streams.count)  # the other streams left what came in meanwhile

    def _take(self, stream: int) -> Batch:
        """Take the next batch and count it as running; return an empty one while a batch is computed alone.

        Only the first stream computes alone: with more OpenMP helpers than processors a query takes a fifth longer.
        """
        with self._lock:
            if self._pending:
                self._drop_idle()
            if self._alone or not self._pending:
                return []
            n_tokens, little = self._waiting()
            alone = little and self._streams.count > 1 and self._streams.shares and not self._n_running
            if alone and stream:
                return []
            self._alone = alone
            idle = max(1, self._streams.count - self._n_running)  # a stream may take a second batch
            share = n_tokens if self._alone else max(_ALONE_TOKENS, -(-n_tokens // idle))
            self._n_running += 1
            batch = self._choice.fill(self._pending, share)
            self._refill_and_drop(batch)
        return sorted(batch, key=lambda pair: pair[1].length)

    def _refill_and_drop(self, batch: Batch) -> None:
        for pending in {id(pending): pending for pending, _ in batch}.values():
            self._refill(pending)
        self._drop_idle()

    def _give_way(self, way: GiveWay) -> None:
        """Compute small requests that wait, in the middle of a batch of a large one and on its thread."""
        if not way.reached() or not any(map(self._choice.is_small, self._pending)):
            return
        with self._lock:
            batch = self._choice.fill_small(self._pending)
            self._refill_and_drop(batch)
        if batch:
            with way.taking():
                self._compute(sorted(batch, key=lambda pair: pair[1].length))

    def _drop_idle(self) -> None:
        """Drop requests that have ended, and those whose next texts are not tokenised yet; `add` queues them again."""
        queued = []
        for pending in self._pending:
            pending.is_queued = pending.n_waiting > 0 and not pending.future.done()
            if pending.is_queued:
                queued.append(pending)
        self._pending = queued

    def _waiting(self) -> tuple[int, bool]:
        """Return how many tokens wait, and whether all threads together compute them faster than each its own."""
        n_texts = n_tokens = 0
        fixed = False  # what asks to share no batch is computed in the same way each time
        for pending in self._pending:
            fixed |= pending.request.alone
            n_texts += pending.n_waiting
            n_tokens += pending.tokens_waiting
        return n_tokens, (n_tokens <= _ALONE_TOKENS or n_texts == 1 or self._outlasts(n_tokens)) and not fixed

    def _outlasts(self, n_tokens: int) -> bool:
        """Tell whether one thread would compute the next text when the others have ended all that waits."""
        if not self._streams.shares or len(self._pending) != 1 or not self._pending[0].n_waiting:
            return False
        longest = self._pending[0].longest(self._pending[0].next_prefix())
        return longest > self._choice.max_batch_tokens and longest * self._streams.count > n_tokens

    def _refill(self, pending: PendingRequest) -> None:
        """Tokenise the next window when a request has few tokens queued."""
        enough = max(_LEAST_AHEAD, _AHEAD * self._choice.max_batch_tokens)
        if pending.more is not None and (self._draining or pending.tokens_waiting < enough):
            more, pending.more = pending.more, None
            more()

    def _compute(self, batch: Batch) -> None:
        self._finish(self._begin(batch))

    def _begin(self, batch: Batch) -> Computation:
        way = GiveWay()
        forward = self._forward if self._is_pipelined else partial(self._computed, way=way)
        self._streams.enter(1 if self._alone else self._streams.count)
        computation = Computation(batch, forward, way, self._choice.max_batch_tokens if self._is_observed else None)
        computation.begin()
        return computation

    def _computed(self, packed: PackedBatch, way: GiveWay) -> FloatArray:
        """Run the forward pass; one that takes long gives way to small requests at its pause points."""
        if not self._choice.is_long(len(packed.input_ids)):
            return self._forward(packed)
        with pausing(partial(self._give_way, way)):
            return self._forward(packed)

    def _finish(self, computation: Computation) -> None:
        taken_s = computation.end()
        if taken_s is not None:
            self._choice.took(computation.n_tokens, taken_s)
        if computation.too_large:
            self._halve(computation.batch, computation.too_large)

    def _halve(self, batch: Batch, reason: str) -> None:
        """Compute a batch that didn't fit in two halves; later ones are no larger than these."""
        if len(batch) == 1:
            fail_single_text(batch, reason)
            return
        self._choice.max_batch_tokens = max(1, sum(sequence.length for _, sequence in batch) // 2)
        middle = len(batch) // 2
        self._compute(batch[:middle])
        self._compute(batch[middle:])
