"""A long batch gives way to small ones, but keeps half of the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class GiveWay:
    """How long one batch has run, and how long others have run in the middle of it."""

    def __init__(self) -> None:
        self._start, self._given = time.monotonic(), 0.0

    def has_time(self) -> bool:
        """Tell whether the batch has given no more than half of its time."""
        return 2 * self._given <= time.monotonic() - self._start

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Count the time of the block as given."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._given += time.monotonic() - start
