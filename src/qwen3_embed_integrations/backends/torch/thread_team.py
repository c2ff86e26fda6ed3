"""A thread team: a few threads that compute one long text together, each on one of the processor's threads.

Two threads that multiply different rows are faster than torch's threads on one product, which wait for each other at
its end. The operations between products, which run on one thread in torch, are shared as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Self, TypeVar

import torch

from qwen3_embed_integrations.scheduling.worker_thread import WorkerThread, fulfil

from .device import use_threads

T = TypeVar("T")


class ThreadTeam:
    """Threads that live from the start of a `with` block to its end; the thread that enters it is one of them.

    Args:
        count: Number of threads.
        of: Number of torch's threads in all other threads of the program, see `use_threads`.
    """

    def __init__(self, count: int, of: int) -> None:
        self._of = of
        self._workers = [WorkerThread(f"qwen3-embed-team-{number}") for number in range(1, count)]

    @property
    def count(self) -> int:
        """The number of threads."""
        return len(self._workers) + 1

    def __enter__(self) -> Self:
        use_threads(1, of=self._of)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.close()

    def __call__(self, tasks: Sequence[Callable[[], T]]) -> list[T]:
        """Run the tasks, return their results in order; when all have ended, raise the first error if there is one."""
        futures = [Future[T]() for _ in tasks]
        work = list(zip(tasks, futures, strict=True))
        for number, worker in enumerate(self._workers, 1):
            mine = work[number :: self.count]
            if mine:
                # bound now, not when the task runs
                worker.submit(lambda mine=mine: self._compute(mine))  # type: ignore[misc]
        _fulfil_all(work[:: self.count])
        wait(futures)  # for all of them: tasks write into the caller's tensors
        return [future.result() for future in futures]

    def _compute(self, work: Sequence[tuple[Callable[[], T], Future[T]]]) -> None:
        use_threads(1, of=self._of)
        with torch.inference_mode():
            _fulfil_all(work)


def share(tasks: Sequence[Callable[[], T]], thread_team: ThreadTeam | None) -> list[T]:
    """Run the tasks in the team, or in this thread if there is none; return their results in order."""
    return thread_team(tasks) if thread_team else [task() for task in tasks]


def _fulfil_all(work: Sequence[tuple[Callable[[], T], Future[T]]]) -> None:
    for task, future in work:
        fulfil(future, task)
