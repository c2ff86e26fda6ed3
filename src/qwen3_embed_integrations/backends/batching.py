"""Natural batching: whatever waits, up to the token budget, is the next batch."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

import numpy as np

from qwen3_embed_integrations.core.arrays import FloatArray, RawRows
from qwen3_embed_integrations.core.errors import EncoderClosedError
from qwen3_embed_integrations.core.packing import fill_budget, pack

from .base import Forward, Request
from .lane import Lane

_OLDEST_EVERY = 4  # one batch in four starts with the oldest job, so that a stream of queries can't starve it
_SMALL = 4  # a job of at most a quarter of the budget is small, as a query is
_ATTENTIVE_S = 10.0  # so long after a small job another one is expected,
_PATIENCE_S = 0.5  # and a batch of a large job is to take no longer than this,
_LEAST_TOKENS = 256  # unless it would be so small that its overhead costs more than it gains


@dataclass(order=True)
class _Sequence:
    """Token ids of one text, ordered by their number."""

    length: int
    ids: list[int] = field(compare=False)
    index: int = field(compare=False)


class Job:
    """One call on its way: its texts, its future, the rows that are done."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.future: Future[RawRows] = Future()
        self.texts: list[str] = []  # without repeats
        self.inverse = np.empty(0, dtype=np.int64)  # text i of the call is texts[inverse[i]]
        self.n_tokens = np.empty(0, dtype=np.int64)
        self.rows: FloatArray | None = None
        self.n_done = 0
        self.waiting: list[_Sequence] = []  # shortest first: batches are taken from the end
        self.tokens_waiting = 0
        self.is_queued = False

    def queue(self, ids: list[list[int]], first: int) -> None:
        """Makes the token ids of texts `first`, `first + 1`, … ready to be computed."""
        fresh = [_Sequence(len(one), one, first + offset) for offset, one in enumerate(ids)]
        self.tokens_waiting += sum(sequence.length for sequence in fresh)
        self.waiting = sorted([*self.waiting, *fresh])

    def take(self, room: int) -> list[_Sequence]:
        """Takes the longest sequences that wait, as many as fit into `room` tokens, at least one."""
        count = fill_budget((sequence.length for sequence in reversed(self.waiting)), room)
        taken = [self.waiting.pop() for _ in range(count)]
        self.tokens_waiting -= sum(sequence.length for sequence in taken)
        return taken

    def fail(self, error: BaseException) -> None:
        """Ends the job with `error`, unless it has ended."""
        self.waiting.clear()
        try:
            self.future.set_exception(error)
        except InvalidStateError:
            return  # cancelled, or failed before

    def store(self, sequences: list[_Sequence], rows: FloatArray) -> None:
        """Takes the computed rows of some of its sequences; the last ones complete the future."""
        if self.rows is None:
            self.rows = np.empty((len(self.texts), rows.shape[1]), dtype=np.float32)
        self.rows[[sequence.index for sequence in sequences]] = rows
        self.n_done += len(sequences)
        if self.request.on_progress is not None:
            self.request.on_progress(self.n_done)
        if self.n_done == len(self.texts):
            self._complete(self.rows)

    def _complete(self, rows: FloatArray) -> None:
        repeats = len(self.inverse) != len(self.texts)
        result = RawRows(rows[self.inverse] if repeats else rows, self.n_tokens[self.inverse])
        try:
            self.future.set_result(result)
        except InvalidStateError:
            return  # cancelled at the last moment


class Batcher:
    """Owns the forward pass: one thread computes, callers wait on their futures."""

    def __init__(self, forward: Forward, max_batch_tokens: int) -> None:
        self._forward = forward
        self._max_batch_tokens = max_batch_tokens
        self._jobs: list[Job] = []  # by arrival
        self._lock = threading.Lock()
        self._lane = Lane("qwen3-embed-forward")
        self._n_batches = 0
        self._tokens_a_second = float("inf")
        self._attentive_until = 0.0
        self._closed = False

    def add(self, job: Job, ids: list[list[int]], first: int) -> None:
        """Queues the token ids of the job's texts from number `first` on."""
        with self._lock:
            if self._closed:
                job.fail(EncoderClosedError("The encoder was closed while this call waited. Call it again."))
                return
            job.queue(ids, first)
            if not job.is_queued:
                job.is_queued = True
                self._jobs.append(job)
                if len(ids) == len(job.texts) and self._is_small(job):
                    self._attentive_until = time.monotonic() + _ATTENTIVE_S
        self._lane.submit(self._run)

    def close(self) -> None:
        """Computes what waits, then ends the thread."""
        self._lane.close()
        for job in self.abandon():
            job.fail(EncoderClosedError("The encoder was closed while this call waited. Call it again."))

    def abandon(self) -> list[Job]:
        """Refuses whatever comes later, and gives what waits: it will not be computed."""
        with self._lock:
            self._closed = True
            left, self._jobs = self._jobs, []
        return left

    def _run(self) -> None:
        while batch := self._take():
            self._compute(batch)

    def _take(self) -> list[tuple[Job, _Sequence]]:
        """Takes the next batch: small jobs first, so that queries go between the batches of documents.

        Only the first job of a batch is taken in part: filled up with a part of a large job, a batch of queries
        would take as long as one of documents.
        """
        with self._lock:
            self._drop_idle()
            self._n_batches += 1
            order = sorted(self._jobs, key=lambda job: job.tokens_waiting)
            if self._n_batches % _OLDEST_EVERY == 0 and order:
                order.remove(self._jobs[0])
                order.insert(0, self._jobs[0])
            batch: list[tuple[Job, _Sequence]] = []
            room = self._max_batch_tokens
            for job in order:
                allowed = min(room, self._max_batch_tokens if self._is_small(job) else self._room_of_large_jobs())
                if batch and job.tokens_waiting > allowed:
                    break
                taken = job.take(allowed)
                batch += [(job, sequence) for sequence in taken]
                room -= sum(sequence.length for sequence in taken)
            return sorted(batch, key=lambda pair: pair[1].length)

    def _drop_idle(self) -> None:
        """Drops the jobs that have ended, and those whose next texts are not tokenised yet: `add` brings them back."""
        for job in self._jobs:
            job.is_queued = bool(job.waiting) and not job.future.done()
        self._jobs = [job for job in self._jobs if job.is_queued]

    def _is_small(self, job: Job) -> bool:
        return job.tokens_waiting <= self._max_batch_tokens // _SMALL

    def _room_of_large_jobs(self) -> int:
        """Gives the tokens of a batch of a large job: fewer while small ones are about and would wait for its end."""
        if time.monotonic() > self._attentive_until:
            return self._max_batch_tokens
        return int(min(self._max_batch_tokens, max(_LEAST_TOKENS, self._tokens_a_second * _PATIENCE_S)))

    def _compute(self, batch: list[tuple[Job, _Sequence]]) -> None:
        packed = pack([sequence.ids for _, sequence in batch])
        start = time.monotonic()
        try:
            rows = self._forward(packed)
        except MemoryError as error:
            self._halve(batch, error)
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the callers of this batch
            for job in {id(job): job for job, _ in batch}.values():
                job.fail(error)
        else:
            if len(packed.input_ids) >= _LEAST_TOKENS:
                self._tokens_a_second = len(packed.input_ids) / max(time.monotonic() - start, 1e-6)
            self._deliver(batch, rows)

    def _deliver(self, batch: list[tuple[Job, _Sequence]], rows: FloatArray) -> None:
        by_job: dict[int, list[int]] = {}
        for place, (job, _) in enumerate(batch):
            by_job.setdefault(id(job), []).append(place)
        for places in by_job.values():
            job = batch[places[0]][0]
            try:
                job.store([batch[place][1] for place in places], rows[places])
            except Exception as error:  # noqa: BLE001 - the caller's own progress callback
                job.fail(error)

    def _halve(self, batch: list[tuple[Job, _Sequence]], error: MemoryError) -> None:
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
