"""A worker thread: one daemon thread that runs what it is handed, in order."""

from __future__ import annotations

import ctypes
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Task = Callable[[], None]
T = TypeVar("T")


class WorkerThread:
    """One thread, started at the first task.

    A daemon thread and no ThreadPoolExecutor: the executor refuses work as soon as the main thread ends,
    although other threads of the program may still be at work.

    A task must handle its own errors; one that escapes goes to `threading.excepthook` and ends the thread,
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


def run_in_thread(work: Callable[[], T], name: str) -> T:
    """Gives what `work` gives, or raises what it raises.

    Ctrl-C in the waiting thread ends the work as it would have ended it there, and is raised when that has ended.
    """
    future: Future[T] = Future()
    ended = threading.Event()  # an interrupted join() takes a thread for ended (Python 3.11)

    def run() -> None:
        try:
            fulfil(future, work)
        finally:
            ended.set()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        ended.wait()
    except BaseException:
        _raise_in(thread, KeyboardInterrupt)
        ended.wait()
        raise
    thread.join()
    return future.result()


def _raise_in(thread: threading.Thread, error: type[BaseException]) -> None:
    """Raises `error` at the thread's next bytecode instruction; nothing if it has ended."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(error))
