"""Runs a function in a thread of its own, for what the thread leaves behind while it lives."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from .lane import fulfil

T = TypeVar("T")


def in_own_thread(work: Callable[[], T], name: str) -> T:
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
