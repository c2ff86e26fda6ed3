"""Limits of a connection: uvicorn has none for a client that sends its headers slowly, or reads no answer."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 64 * 1024


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection that has no complete headers in time, or reads nothing of an answer.

    Attributes:
        read_timeout_s: Longest time between the start of a connection, or of a request on it, and the end of its
            headers.
        write_timeout_s: Longest time that a client may leave the buffer of its answer full.
    """

    read_timeout_s, write_timeout_s = 30.0, 300.0
    _deadline: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _n_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start to wait for headers."""
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        """Read, and close a connection whose headers are too long."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._end_wait()
            return
        self._n_bytes += len(data)
        if self._n_bytes > MAX_HEADER_BYTES:
            self.transport.close()
        elif self._deadline is None:
            self._wait_for_headers()

    def on_response_complete(self) -> None:
        """Count the headers of the next request from 0."""
        super().on_response_complete()
        self._n_bytes = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """End the wait."""
        self._end_wait()
        self._end_stuck()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for the client to read: the buffer of its answer is full."""
        super().pause_writing()
        self._stuck = self.loop.call_later(self.write_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """End that wait."""
        self._end_stuck()
        super().resume_writing()

    def _end_stuck(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _wait_for_headers(self) -> None:
        self._deadline = self.loop.call_later(self.read_timeout_s, self._close)

    def _close(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()

    def _end_wait(self) -> None:
        self._n_bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def limited_protocol(read_timeout_s: float, write_timeout_s: float) -> type[LimitedProtocol]:
    """Return the protocol of a server with these limits."""
    limits = {"read_timeout_s": read_timeout_s, "write_timeout_s": write_timeout_s}
    return type("LimitedProtocol", (LimitedProtocol,), limits)


def raise_file_limit() -> Any:
    """Allow as many open connections as the system lets this process have; do nothing where it has no such limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
