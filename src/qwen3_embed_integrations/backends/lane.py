"""A lane: one daemon thread that runs what it is handed, in order."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

Task = Callable[[], None]


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
        self._starting = threading.Lock()

    def submit(self, task: Task) -> None:
        """Queues a task."""
        self._tasks.put(task)
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def close(self) -> None:
        """Runs what is queued, then ends the thread."""
        thread = self._thread
        if thread is not None and thread.is_alive() and thread is not threading.current_thread():
            self._tasks.put(None)
            thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
