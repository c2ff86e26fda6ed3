"""A circuit breaker: after a failure, leave a resource out for a growing pause."""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0


class CircuitBreaker:
    """Whether a resource may be tried now. Not thread-safe.

    Args:
        clock: Return the current time in seconds; monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pause_s = 0.0
        self._open_until = self._quiet_until = float("-inf")

    @property
    def is_open(self) -> bool:
        """Whether the resource must be left out now."""
        return self._clock() < self._open_until

    def trip(self) -> bool:
        """Record a failure: open for `FIRST_PAUSE_S`, then for twice as long at each further failure in a row.

        Returns:
            Whether to log the failure: the first in a row, and no more than one in `LONGEST_PAUSE_S`.
        """
        now, is_first = self._clock(), self._pause_s == 0
        self._pause_s = min(max(FIRST_PAUSE_S, 2 * self._pause_s), LONGEST_PAUSE_S)
        self._open_until = now + self._pause_s
        if not is_first or now < self._quiet_until:
            return False
        self._quiet_until = now + LONGEST_PAUSE_S
        return True

    def reset(self) -> None:
        """Record a success: the next failure is the first in a row."""
        self._pause_s = 0.0
