"""Natural batching: whatever waits, up to the token budget, is the next batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from itertools import repeat
from operator import attrgetter

from qwen3_embed_integrations.core.errors import EncoderClosedError, copy_exception
from qwen3_embed_integrations.core.packing import pack
from qwen3_embed_integrations.core.protocols import Forward, Streams
from qwen3_embed_integrations.core.types import FloatArray

from .pending_request import PendingRequest, Prefix, Sequence, observed_forward
from .worker_thread import WorkerThread

_OLDEST_EVERY = 4  # one batch in four starts with the oldest request: a stream of queries can't starve it
_ALONE_TOKENS = 96  # up to so many tokens, all threads together are faster than one
_SMALL = 4  # a request of at most a quarter of the budget is small, as a query is
_ATTENTIVE_S = 10.0  # after a small request, expect another one for this long;
_PATIENCE_S = 0.5  # meanwhile a batch of a large request should take at most this long,
_LEAST_TOKENS = 256  # but have no fewer tokens than this, or its overhead would dominate
_AHEAD = 16  # batches of a request to tokenise ahead: token ids take ten times the memory of their text
_LEAST_AHEAD = 8192  # tokens to tokenise ahead at least
_Batch = list[tuple[PendingRequest, Sequence]]


class Batcher:
    """Run the forward pass on streams, while callers wait on their futures.

    Much work is split over the streams, one batch on each. Little work, or a single text, is one batch that is computed
    alone, by all threads together.

    Args:
        forward: Computes a packed batch.
        max_batch_tokens: Most tokens of a batch; a single longer text is a batch of its own.
        streams: The batches that run in parallel; None for one.
    """

    def __init__(self, forward: Forward, max_batch_tokens: int, streams: Streams | None = None) -> None:
        self._forward = forward
        self._max_batch_tokens = max_batch_tokens
        self._streams = streams or Streams()
        self._threads = [WorkerThread(f"qwen3-embed-forward-{number}") for number in range(self._streams.count)]
        self._pending: list[PendingRequest] = []  # by arrival
        self._lock = threading.Lock()
        self._n_running, self._n_batches, self._tokens_a_second, self._attentive_until = 0, 0, float("inf"), 0.0
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
                if len(ids) == len(pending.texts) and self._is_small(pending):
                    self._attentive_until = time.monotonic() + _ATTENTIVE_S
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
        while batch := self._take(stream):
            try:
                self._streams.enter(1 if self._alone else self._streams.count)
                self._compute(batch)
            finally:
                with self._lock:
                    self._n_running -= 1
                    was_alone, self._alone = self._alone, False
            if was_alone and self._pending:
                self._wake(self._streams.count)  # the other streams left what came in meanwhile

    def _take(self, stream: int) -> _Batch:
        """Take the next batch and count it as running; return an empty one while a batch is computed alone.

        Only the first stream computes alone: with more OpenMP helpers than processors a query takes a fifth longer.
        """
        with self._lock:
            if self._pending:
                self._drop_idle()
            if self._alone or not self._pending:
                return []
            n_tokens, little = self._waiting()
            alone = little and self._streams.count > 1 and not self._n_running
            if alone and stream:
                return []
            self._alone = alone
            idle = self._streams.count - self._n_running
            share = n_tokens if self._alone else max(_ALONE_TOKENS, -(-n_tokens // idle))
            self._n_running += 1
            batch = self._fill(min(self._max_batch_tokens, share))
            self._drop_idle()
        return sorted(batch, key=lambda pair: pair[1].length)

    def _fill(self, room: int) -> _Batch:
        """Take sequences of one prefix: small requests first, so that queries go between the batches of documents.

        Only the first request of a batch is taken in part. Filled up with a part of a large request, a batch of queries
        would take as long as one of documents.
        """
        self._n_batches += 1
        order = sorted(self._pending, key=attrgetter("tokens_waiting"))
        if self._n_batches % _OLDEST_EVERY == 0:
            order.remove(self._pending[0])
            order.insert(0, self._pending[0])
        if order[0].request.alone:
            return list(zip(repeat(order[0]), order[0].take(self._max_batch_tokens, order[0].next_prefix())))
        batch, prefix = list[tuple[PendingRequest, Sequence]](), order[0].next_prefix()
        for pending in order:
            if pending.request.alone or not pending.longest(prefix):
                continue
            allowed = room if self._is_small(pending) else min(room, self._room_of_large_requests())
            if batch and pending.tokens_waiting > allowed:
                break
            n_before = pending.tokens_waiting
            batch += zip(repeat(pending), pending.take(allowed, prefix))
            room -= n_before - pending.tokens_waiting
            self._refill(pending)
        return batch

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
        return n_tokens, (n_tokens <= _ALONE_TOKENS or n_texts == 1) and not fixed

    def _refill(self, pending: PendingRequest) -> None:
        """Tokenise the next window when a request has few tokens queued."""
        enough = max(_LEAST_AHEAD, _AHEAD * self._max_batch_tokens)
        if pending.more is not None and (self._draining or pending.tokens_waiting < enough):
            more, pending.more = pending.more, None
            more()

    def _is_small(self, pending: PendingRequest) -> bool:
        return pending.tokens_waiting <= self._max_batch_tokens // _SMALL

    def _room_of_large_requests(self) -> int:
        """Return the most tokens of a batch of a large request: fewer while small requests are expected."""
        if time.monotonic() > self._attentive_until:
            return self._max_batch_tokens
        return int(min(self._max_batch_tokens, max(_LEAST_TOKENS, self._tokens_a_second * _PATIENCE_S)))

    def _compute(self, batch: _Batch) -> None:
        packed = pack([sequence.ids for _, sequence in batch], batch[0][1].prefix)
        start, too_large = time.monotonic(), ""
        try:
            with observed_forward(batch, self._max_batch_tokens) if self._is_observed else nullcontext():
                embeddings = self._forward(packed)
        except MemoryError as error:
            too_large = str(error) or "out of memory"
        except BaseException as error:  # noqa: BLE001 - delivered to the callers of this batch
            pending_requests = {id(pending): pending for pending, _ in batch}.values()
            for pending in pending_requests:
                pending.fail(copy_exception(error) if len(pending_requests) > 1 else error)
        else:
            if len(packed.input_ids) >= _LEAST_TOKENS:
                self._tokens_a_second = len(packed.input_ids) / max(time.monotonic() - start, 1e-6)
            self._deliver(batch, embeddings)
        if too_large:  # not in the except block: until it ends, the error keeps the failed batch's activations alive
            self._halve(batch, too_large)

    def _deliver(self, batch: _Batch, embeddings: FloatArray) -> None:
        by_request: dict[int, list[int]] = {}
        for place, (pending, _) in enumerate(batch):
            by_request.setdefault(id(pending), []).append(place)
        for places in by_request.values():
            pending = batch[places[0]][0]
            try:
                pending.store([batch[place][1] for place in places], embeddings[places])
            except Exception as error:  # noqa: BLE001 - raised by the caller's progress callback
                pending.fail(error)

    def _halve(self, batch: _Batch, reason: str) -> None:
        if len(batch) == 1:
            pending, sequence = batch[0]
            pending.fail(
                MemoryError(
                    f"A single text of {sequence.length} tokens does not fit into memory ({reason}). "
                    "Lower max_length, or use a smaller model or dtype."
                )
            )
            return
        self._max_batch_tokens = max(1, sum(sequence.length for _, sequence in batch) // 2)
        middle = len(batch) // 2
        self._compute(batch[:middle])
        self._compute(batch[middle:])
