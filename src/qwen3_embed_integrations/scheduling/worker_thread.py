"""A worker thread: one daemon thread that runs tasks in order, and may do something else at their pause points."""

from __future__ import annotations

import ctypes
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

Task = Callable[[], None]
T = TypeVar("T")
_here = threading.local()


class WorkerThread:
    """One daemon thread, started at the first task.

    Not a ThreadPoolExecutor, which refuses work as soon as the main thread ends, although other threads of the program
    may still need it.

    A task must handle its own errors. An error that escapes goes to `threading.excepthook` and ends the thread; the
    next task starts a new one.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()  # guards queueing a task and ending the thread: no task is left behind

    def submit(self, task: Task) -> None:
        """Queue a task."""
        with self._lock:
            self._tasks.put(task)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Run the queued tasks, and those that they queue, then end the thread. A later task starts a new one."""
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


def no_pause() -> None:
    """Go on at once."""


def thread_pause() -> Callable[[], None]:
    """Return what `pausing` asks for in this thread; `no_pause` outside of its block.

    A forward pass looks it up once and calls it between its products. What runs then leaves the computation's own
    values alone: a pause changes when a result comes, never what it is.
    """
    pause: Callable[[], None] = getattr(_here, "pause", no_pause)
    return pause


@contextmanager
def pausing(pause: Callable[[], None]) -> Iterator[None]:
    """Call `pause` at each pause point that this thread reaches in the block; a block inside of it has its own.

    Args:
        pause: Takes no arguments; a pause inside of it does nothing.
    """
    before = thread_pause()

    def pause_once() -> None:
        _here.pause = no_pause
        try:
            pause()
        finally:
            _here.pause = pause_once

    _here.pause = pause_once
    try:
        yield
    finally:
        _here.pause = before


def fulfil(future: Future[T], work: Callable[[], T]) -> None:
    """Set the result of `work`, or the error that it raises, on the future."""
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised again where the future is awaited
        future.set_exception(error)


def run_in_thread(work: Callable[[], T], name: str) -> T:
    """Run `work` in a thread of this name; return its result or raise its error.

    Ctrl-C in the waiting thread interrupts the work, and is raised when the work has ended.
    """
    future: Future[T] = Future()
    ended = threading.Event()  # after an interrupted join() Python 3.11 takes the thread for ended

    def run() -> None:
        try:
            fulfil(future, work)
        finally:
            ended.set()

    thread = threading.Thread(target=run, name=name, daemon=True)
    try:
        thread.start()
        ended.wait()
    except BaseException:
        if thread.ident is None:  # it never started
            raise
        _raise_in(thread, KeyboardInterrupt)
        ended.wait()
        raise
    thread.join()
    return future.result()


def _raise_in(thread: threading.Thread, error: type[BaseException]) -> None:
    """Raise `error` at the thread's next bytecode instruction; do nothing if it has ended."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(error))
