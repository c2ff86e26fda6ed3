"""Around the computing of an answer: a bounded queue, a time limit, and clients that went away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any, TypeVar

from starlette.requests import Request

from .errors import CLIENT_GONE, ApiError, overloaded

_Result = TypeVar("_Result")
_SMOOTHING = 0.1
_LONGEST_WAIT_S = 60


class WaitingQueue:
    """Counts the requests that have no answer yet, and their text. Use it from one event loop only.

    The order in which they are computed is that of the encoder's batcher.

    Args:
        max_requests: Requests that may wait at once.
        max_bytes: Text that may wait at once; a lone request may have more.
    """

    def __init__(self, max_requests: int, max_bytes: int) -> None:
        self._max_requests, self._max_bytes = max_requests, max_bytes
        self.n_requests = self.n_bytes = 0
        self._bytes_a_second = 10_000.0

    @contextmanager
    def place(self, n_bytes: int) -> Iterator[None]:
        """Hold a place in the queue while the block runs.

        Args:
            n_bytes: Size of the request's text.

        Raises:
            ApiError: 429: too much waits already. Retry-After says when half of it should be done.
        """
        if self.n_requests >= self._max_requests or (self.n_requests and self.n_bytes + n_bytes > self._max_bytes):
            raise overloaded(
                f"{self.n_requests} requests with {self.n_bytes / 1e6:.1f} MB of text wait already. Send fewer at "
                "once, or wait as long as Retry-After says.",
                self.retry_after_s(),
            )
        self.n_requests += 1
        self.n_bytes += n_bytes
        start, before = time.monotonic(), self.n_bytes
        try:
            yield
            rate = before / max(time.monotonic() - start, 1e-3)
            self._bytes_a_second += _SMOOTHING * (rate - self._bytes_a_second)
        finally:
            self.n_requests -= 1
            self.n_bytes -= n_bytes

    def retry_after_s(self) -> int:
        """Return when half of what waits should be done, in whole seconds, at least 1."""
        return max(1, min(_LONGEST_WAIT_S, round(self.n_bytes / 2 / self._bytes_a_second)))


async def run_for_client(request: Request, work: Coroutine[Any, Any, _Result], timeout_s: float) -> _Result:
    """Return the result of `work`; cancel it when the client goes away, or when it takes too long.

    The whole body must have been read: what arrives next can only be the end of the connection.

    Raises:
        ApiError: The client went away (499), or the time is over (504).
    """
    watch = asyncio.ensure_future(_disconnected(request))
    try:
        async with asyncio.timeout(timeout_s) as limit:
            watch.add_done_callback(lambda _: _end_now(limit))
            return await work
    except TimeoutError as error:
        if not limit.expired():  # the work's own
            raise
        if watch.done():
            raise ApiError(CLIENT_GONE, "The client closed the connection.") from error
        raise ApiError(
            HTTPStatus.GATEWAY_TIMEOUT,
            f"The answer took longer than {timeout_s:g} s. Send fewer or shorter texts.",
            kind="server_error",
            code="timeout",
        ) from error
    finally:
        watch.cancel()


def _end_now(limit: asyncio.Timeout) -> None:
    with suppress(RuntimeError):  # the block has ended
        limit.reschedule(0)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
