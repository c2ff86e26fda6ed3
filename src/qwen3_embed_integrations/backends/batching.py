"""Natural batching: whatever waits, up to the token budget, is the next batch."""

from __future__ import annotations

import threading
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

import numpy as np

from qwen3_embed_integrations.core.arrays import FloatArray, RawRows
from qwen3_embed_integrations.core.errors import EncoderClosedError
from qwen3_embed_integrations.core.packing import fill_budget, pack

from .base import Forward, Request
from .lane import Lane

_OLDEST_EVERY = 4  # one batch in four starts with the oldest job, so that a stream of queries can't starve it


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
        self._closed = False

    def add(self, job: Job, ids: list[list[int]], first: int) -> None:
        """Queues the token ids of the job's texts from number `first` on."""
        with self._lock:
            if self._closed:
                job.fail(EncoderClosedError("The encoder was closed while this call waited. Call it again."))
                return
            job.queue(ids, first)
            if job not in self._jobs:
                self._jobs.append(job)
        self._lane.submit(self._run)

    def close(self) -> None:
        """Computes what waits, then ends the thread."""
        self._lane.close()
        with self._lock:
            self._closed = True
            left, self._jobs = self._jobs, []
        for job in left:
            job.fail(EncoderClosedError("The encoder was closed while this call waited. Call it again."))

    def _run(self) -> None:
        while batch := self._take():
            self._compute(batch)

    def _take(self) -> list[tuple[Job, _Sequence]]:
        """Takes the next batch: small jobs first, so that queries go between the batches of documents."""
        with self._lock:
            self._jobs = [job for job in self._jobs if job.waiting and not job.future.done()]
            self._n_batches += 1
            order = sorted(self._jobs, key=lambda job: job.tokens_waiting)
            if self._n_batches % _OLDEST_EVERY == 0 and order:
                order.remove(self._jobs[0])
                order.insert(0, self._jobs[0])
            batch: list[tuple[Job, _Sequence]] = []
            room = self._max_batch_tokens
            for job in order:
                if batch and job.waiting[-1].length > room:
                    break
                taken = job.take(room)
                batch += [(job, sequence) for sequence in taken]
                room -= sum(sequence.length for sequence in taken)
            return sorted(batch, key=lambda pair: pair[1].length)

    def _compute(self, batch: list[tuple[Job, _Sequence]]) -> None:
        try:
            rows = self._forward(pack([sequence.ids for _, sequence in batch]))
        except MemoryError as error:
            self._halve(batch, error)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the callers of this batch
            for job in {id(job): job for job, _ in batch}.values():
                job.fail(error)
        else:
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
