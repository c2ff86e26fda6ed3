"""A lane: one daemon thread that runs what it is handed, in order."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Task = Callable[[], None]
T = TypeVar("T")


class Lane:
    """One thread, started at the first task.

    A daemon thread and no ThreadPoolExecutor: the executor refuses work as soon as the main thread ends,
    although other threads of the program may still be at work.

    A task must handle its own errors; one that escapes goes to `threading.excepthook` and ends the lane's thread,
    and the next task starts a new one.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()  # a task is queued and a thread's end decided under it: no task is left behind

    def submit(self, task: Task) -> None:
        """Queues a task."""
        with self._lock:
            self._tasks.put(task)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Runs what is queued, and what that queues, then ends the thread. A later task starts a new one."""
        with self._lock:
            thread = self._thread
            if thread is None or not thread.is_alive() or thread is threading.current_thread():
                return
            self._tasks.put(None)
        thread.join()

    def _run(self) -> None:
        ending = False
        while not (ending and self._ended()):
            task = self._tasks.get()
            if task is None:
                ending = True
            else:
                task()

    def _ended(self) -> bool:
        with self._lock:
            if self._tasks.empty():
                self._thread = None
                return True
            return False


def fulfil(future: Future[T], work: Callable[[], T]) -> None:
    """Gives the future what `work` gives or raises: it belongs to whoever waits."""
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised again by who waits
        future.set_exception(error)
