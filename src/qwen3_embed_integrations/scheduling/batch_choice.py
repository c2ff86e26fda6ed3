"""Which of the waiting texts are the next batch: small requests first, and documents never starve."""

from __future__ import annotations

import time
from collections.abc import Sequence as SequenceOf
from itertools import repeat
from operator import attrgetter

from .pending_request import PendingRequest, Sequence

_OLDEST_EVERY = 4  # one batch in four starts with the oldest request: a stream of queries can't starve it
_SMALL = 4  # a request of at most a quarter of the budget is small, as a query is
_ATTENTIVE_S = 10.0  # after a small request, expect another one for this long;
_PATIENCE_S = 0.5  # meanwhile a batch of a large request should take at most this long,
_LEAST_TOKENS = 256  # but have no fewer tokens than this, or its overhead would dominate
Batch = list[tuple[PendingRequest, Sequence]]


class BatchChoice:
    """Fills batches. Hold the batcher's lock.

    Args:
        max_batch_tokens: Most tokens of a batch; a single longer text is a batch of its own.
    """

    def __init__(self, max_batch_tokens: int) -> None:
        self.max_batch_tokens = max_batch_tokens
        self._n_batches, self._tokens_a_second, self._attentive_until = 0, float("inf"), 0.0

    def is_small(self, pending: PendingRequest) -> bool:
        """Tell whether few tokens of a request wait, as of a query."""
        return 0 < pending.tokens_waiting <= self.max_batch_tokens // _SMALL and not pending.request.alone

    def is_long(self, n_tokens: int) -> bool:
        """Tell whether a batch takes so long that small requests should not wait for its end."""
        return n_tokens > self.max_batch_tokens // _SMALL

    def arrived(self, pending: PendingRequest) -> None:
        """Expect more small requests after one."""
        if self.is_small(pending):
            self._attentive_until = time.monotonic() + _ATTENTIVE_S

    def took(self, n_tokens: int, seconds: float) -> None:
        """Learn from a batch how long the next one takes, or keeps small requests waiting."""
        if n_tokens >= _LEAST_TOKENS:
            self._tokens_a_second = n_tokens / max(seconds, 1e-6)

    def fill(self, waiting: SequenceOf[PendingRequest], room: int) -> Batch:
        """Take sequences of one prefix: small requests first, so that queries go between the batches of documents.

        Only the first request of a batch is taken in part. Filled up with a part of a large request, a batch of queries
        would take as long as one of documents.

        Args:
            waiting: At least one request with queued sequences, by arrival.
            room: Most tokens of the batch.
        """
        self._n_batches += 1
        room = min(room, self.max_batch_tokens)
        order = sorted(waiting, key=attrgetter("tokens_waiting"))
        if self._n_batches % _OLDEST_EVERY == 0:
            order.remove(waiting[0])
            order.insert(0, waiting[0])
        if order[0].request.alone:
            return list(zip(repeat(order[0]), order[0].take(self.max_batch_tokens, order[0].next_prefix())))
        return self._of_one_prefix(order, room)

    def fill_small(self, waiting: SequenceOf[PendingRequest]) -> Batch:
        """Take sequences of small requests only; none if there is no such request."""
        small = sorted(filter(self.is_small, waiting), key=attrgetter("tokens_waiting"))
        return self._of_one_prefix(small, self.max_batch_tokens // _SMALL) if small else []

    def _of_one_prefix(self, order: SequenceOf[PendingRequest], room: int) -> Batch:
        batch: Batch = []
        prefix = order[0].next_prefix()
        for pending in order:
            if pending.request.alone or not pending.longest(prefix):
                continue
            allowed = room if self.is_small(pending) else min(room, self._room_of_large_requests())
            if batch and pending.tokens_waiting > allowed:
                break
            n_before = pending.tokens_waiting
            batch += zip(repeat(pending), pending.take(allowed, prefix))
            room -= n_before - pending.tokens_waiting
        return batch

    def _room_of_large_requests(self) -> int:
        """Return the most tokens of a batch of a large request: fewer while small requests are expected."""
        if time.monotonic() > self._attentive_until:
            return self.max_batch_tokens
        return int(min(self.max_batch_tokens, max(_LEAST_TOKENS, self._tokens_a_second * _PATIENCE_S)))
