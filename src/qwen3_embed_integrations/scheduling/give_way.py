"""A long batch gives way to small ones at its pause points, but keeps half of the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_STRETCHES = 25  # a stretch without pause point should take a 25th of what a whole batch may: 20 ms of half a second


class GiveWay:
    """How long one batch has run, and how long others have run in the middle of it."""

    def __init__(self) -> None:
        self._start = self._last = time.monotonic()
        self._given = self._longest = 0.0

    def reached(self) -> bool:
        """Note a pause point; tell whether the batch has given no more than half of its time."""
        now = time.monotonic()
        self._longest = max(self._longest, now - self._last)
        self._last = now
        return 2 * self._given <= now - self._start

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Count the time of the block as given."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._last = time.monotonic()
            self._given += self._last - start

    def seconds(self) -> float:
        """Return how long the batch takes by itself; longer if there are long stretches without a pause point."""
        return max(time.monotonic() - self._start - self._given, _STRETCHES * self._longest)
