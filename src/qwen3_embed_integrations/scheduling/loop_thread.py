"""An event loop on its own thread: callers, whether threads or event loops, only hold futures."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, InvalidStateError, wait
from typing import Any, TypeVar

from qwen3_embed_integrations.core.errors import EncoderClosedError

_Result = TypeVar("_Result")


class LoopThread:
    """A daemon thread that runs coroutines; it starts with the first one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._discarded = False
        self._running: set[Future[Any]] = set()

    def submit(self, coroutine: Coroutine[Any, Any, _Result]) -> Future[_Result]:
        """Return a future of the coroutine's result at once; cancelling it cancels the coroutine.

        Raises:
            EncoderClosedError: This thread is closed.
        """
        with self._lock:
            if self._closed:
                coroutine.close()
                raise EncoderClosedError("The encoder was closed while this call waited. Call it again.")
            running = asyncio.run_coroutine_threadsafe(coroutine, self._started())
            self._running.add(running)
        future: Future[_Result] = Future()
        future.add_done_callback(lambda _: running.cancel())
        running.add_done_callback(lambda _: self._deliver(running, future))
        running.add_done_callback(self._running.discard)
        return future

    def discard(self) -> None:
        """Cancel what runs and leave its futures pending: at interpreter exit only daemon threads still wait."""
        with self._lock:
            self._discarded = True
            running = list(self._running)
        for future in running:
            future.cancel()

    def _deliver(self, running: Future[_Result], future: Future[_Result]) -> None:
        if self._discarded:
            return
        try:
            if running.cancelled():
                future.cancel()
            elif error := running.exception():
                future.set_exception(error)
            else:
                future.set_result(running.result())
        except InvalidStateError:
            return  # cancelled meanwhile

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Wait for what runs, run `last`, then end the thread."""
        with self._lock:
            self._closed = True
            loop, thread, running = self._loop, self._thread, list(self._running)
        if loop is None or thread is None or thread is threading.current_thread():
            last.close()
            return
        wait(running)
        asyncio.run_coroutine_threadsafe(_shut_down(last), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=_run, args=(self._loop,), name=self._name, daemon=True)
            self._thread.start()
        return self._loop


async def _shut_down(last: Coroutine[Any, Any, None]) -> None:
    """Let cancelled tasks clean up before `last` closes what they use."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
    await last


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()
