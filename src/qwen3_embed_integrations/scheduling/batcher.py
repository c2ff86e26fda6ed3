"""Natural batching: whatever waits, up to the token budget, is the next batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from qwen3_embed_integrations.core.errors import EncoderClosedError, own_copy
from qwen3_embed_integrations.core.packing import pack
from qwen3_embed_integrations.core.protocols import Forward, Lanes
from qwen3_embed_integrations.core.types import FloatArray

from .pending_request import Job, Prefix, Sequence
from .worker_thread import Lane

_OLDEST_EVERY = 4  # one batch in four starts with the oldest job, so that a stream of queries can't starve it
_ALONE_TOKENS = 96  # this many tokens and fewer are computed faster by all threads together than by one
_SMALL = 4  # a job of at most a quarter of the budget is small, as a query is
_ATTENTIVE_S = 10.0  # so long after a small job another one is expected,
_PATIENCE_S = 0.5  # and a batch of a large job is to take no longer than this,
_LEAST_TOKENS = 256  # unless it would be so small that its overhead costs more than it gains
_AHEAD = 16  # batches of a job that wait tokenised: token ids take ten times the memory of their text
_LEAST_AHEAD = 8192  # tokens
_Batch = list[tuple[Job, Sequence]]


class Batcher:
    """Owns the forward pass: its lanes compute, callers wait on their futures.

    Much work is split over the lanes, a batch on each; little work, or a single text, is computed alone, by all
    threads together.
    """

    def __init__(self, forward: Forward, max_batch_tokens: int, lanes: Lanes | None = None) -> None:
        self._forward = forward
        self._max_batch_tokens = max_batch_tokens
        self._lanes = lanes or Lanes()
        self._threads = [Lane(f"qwen3-embed-forward-{number}") for number in range(self._lanes.count)]
        self._jobs: list[Job] = []  # by arrival
        self._lock = threading.Lock()
        self._n_running = 0
        self._alone = False  # one batch has all threads
        self._n_batches = 0
        self._tokens_a_second = float("inf")
        self._attentive_until = 0.0
        self._draining = self._closed = False

    def add(
        self,
        job: Job,
        ids: list[list[int]],
        first: int,
        prefix: Prefix = (),
        more: Callable[[], None] | None = None,
    ) -> None:
        """Queues the token ids of the job's texts from number `first` on, most of which begin with `prefix`.

        `more` is called once, when few of the job's tokens wait, to bring what comes next.
        """
        with self._lock:
            if self._closed:
                job.fail(EncoderClosedError("The encoder was closed while this call waited. Call it again."))
                return
            job.queue(ids, first, prefix)
            if not job.is_queued:
                job.is_queued = True
                self._jobs.append(job)
                if len(ids) == len(job.texts) and self._is_small(job):
                    self._attentive_until = time.monotonic() + _ATTENTIVE_S
            job.more = more
            self._refill(job)
        self._wake()

    def drain(self) -> None:
        """Asks every job for all that comes next: `close` finishes only what is queued."""
        with self._lock:
            self._draining = True
            for job in self._jobs:
                self._refill(job)

    def close(self) -> None:
        """Computes what waits, then ends the threads."""
        for thread in (*self._threads, *self._threads):  # a lane that had all threads wakes those that have ended
            thread.close()
        for job in self.abandon():
            job.fail(EncoderClosedError("The encoder was closed while this call waited. Call it again."))

    def abandon(self) -> list[Job]:
        """Refuses whatever comes later, and gives what waits: it will not be computed."""
        with self._lock:
            self._closed = True
            left, self._jobs = self._jobs, []
        return left

    def _wake(self) -> None:
        for number, thread in enumerate(self._threads):
            thread.submit(partial(self._run, number))

    def _run(self, lane: int) -> None:
        while batch := self._take(lane):
            try:
                self._lanes.enter(1 if self._alone else self._lanes.count)
                self._compute(batch)
            finally:
                with self._lock:
                    self._n_running -= 1
                    was_alone, self._alone = self._alone, False
            if was_alone and self._jobs:
                self._wake()  # the other lanes had to leave what came in meanwhile

    def _take(self, lane: int) -> _Batch:
        """Takes the next batch, and with it a place among the running ones; none while a batch is alone.

        Only the first lane computes alone. OpenMP keeps a team of helpers for each thread that ever had several, and
        with more helpers than processors they sleep between any two products, which makes a query a fifth slower.
        """
        with self._lock:
            self._drop_idle()
            if self._alone or not self._jobs:
                return []
            n_tokens = sum(job.tokens_waiting for job in self._jobs)
            little = n_tokens <= _ALONE_TOKENS or sum(job.n_waiting for job in self._jobs) == 1
            alone = little and self._lanes.count > 1 and not self._n_running
            if alone and lane:
                return []
            self._alone = alone
            idle = self._lanes.count - self._n_running
            share = n_tokens if self._alone else max(_ALONE_TOKENS, -(-n_tokens // idle))
            self._n_running += 1
            batch = self._fill(min(self._max_batch_tokens, share))
        return sorted(batch, key=lambda pair: pair[1].length)

    def _fill(self, room: int) -> _Batch:
        """Takes sequences of one prefix: small jobs first, so that queries go between the batches of documents.

        Only the first job of a batch is taken in part: filled up with a part of a large job, a batch of queries
        would take as long as one of documents.
        """
        self._n_batches += 1
        order = sorted(self._jobs, key=lambda job: job.tokens_waiting)
        if self._n_batches % _OLDEST_EVERY == 0:
            order.remove(self._jobs[0])
            order.insert(0, self._jobs[0])
        batch: _Batch = []
        prefix = order[0].next_prefix()
        for job in order:
            if not job.longest(prefix):
                continue
            allowed = room if self._is_small(job) else min(room, self._room_of_large_jobs())
            if batch and job.tokens_waiting > allowed:
                break
            taken = job.take(allowed, prefix)
            self._refill(job)
            batch += [(job, sequence) for sequence in taken]
            room -= sum(sequence.length for sequence in taken)
        return batch

    def _drop_idle(self) -> None:
        """Drops the jobs that have ended, and those whose next texts are not tokenised yet: `add` brings them back."""
        for job in self._jobs:
            job.is_queued = job.n_waiting > 0 and not job.future.done()
        self._jobs = [job for job in self._jobs if job.is_queued]

    def _refill(self, job: Job) -> None:
        """Asks for more of a job of which little waits."""
        enough = max(_LEAST_AHEAD, _AHEAD * self._max_batch_tokens)
        if job.more is not None and (self._draining or job.tokens_waiting < enough):
            more, job.more = job.more, None
            more()

    def _is_small(self, job: Job) -> bool:
        return job.tokens_waiting <= self._max_batch_tokens // _SMALL

    def _room_of_large_jobs(self) -> int:
        """Gives the tokens of a batch of a large job: fewer while small ones are about and would wait for its end."""
        if time.monotonic() > self._attentive_until:
            return self._max_batch_tokens
        return int(min(self._max_batch_tokens, max(_LEAST_TOKENS, self._tokens_a_second * _PATIENCE_S)))

    def _compute(self, batch: _Batch) -> None:
        packed = pack([sequence.ids for _, sequence in batch], batch[0][1].prefix)
        start = time.monotonic()
        try:
            rows = self._forward(packed)
        except MemoryError as error:
            self._halve(batch, error)
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the callers of this batch
            jobs = {id(job): job for job, _ in batch}.values()
            for job in jobs:
                job.fail(own_copy(error) if len(jobs) > 1 else error)
        else:
            if len(packed.input_ids) >= _LEAST_TOKENS:
                self._tokens_a_second = len(packed.input_ids) / max(time.monotonic() - start, 1e-6)
            self._deliver(batch, rows)

    def _deliver(self, batch: _Batch, rows: FloatArray) -> None:
        by_job: dict[int, list[int]] = {}
        for place, (job, _) in enumerate(batch):
            by_job.setdefault(id(job), []).append(place)
        for places in by_job.values():
            job = batch[places[0]][0]
            try:
                job.store([batch[place][1] for place in places], rows[places])
            except Exception as error:  # noqa: BLE001 - the caller's own progress callback
                job.fail(error)

    def _halve(self, batch: _Batch, error: MemoryError) -> None:
        if len(batch) == 1:
            job, sequence = batch[0]
            job.fail(
                MemoryError(
                    f"A single text of {sequence.length} tokens does not fit into memory ({error}). "
                    "Lower max_length, or use a smaller model or dtype."
                )
            )
            return
        self._max_batch_tokens = max(1, sum(sequence.length for _, sequence in batch) // 2)
        middle = len(batch) // 2
        self._compute(batch[:middle])
        self._compute(batch[middle:])
