"""The bound on calls that wait for one model: one call too many is an error at once, not an endless wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from qwen3_embed_integrations.core.errors import OverloadedError

_Result = TypeVar("_Result")


class Admission:
    """Count the calls that have no result yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_calls = 0

    @property
    def n_calls(self) -> int:
        """Calls that have no result yet."""
        return self._n_calls

    def admitted(self, limit: int | None, start: Callable[[], Future[_Result]]) -> Future[_Result]:
        """Return the future that `start` makes, and count it until it is done or cancelled.

        Args:
            limit: Most calls that may wait, this one included; None for no limit.
            start: Starts the call.

        Raises:
            OverloadedError: `limit` calls wait already.
        """
        with self._lock:
            if limit is not None and self._n_calls >= limit:
                raise OverloadedError(
                    f"{self._n_calls} calls wait for this model already, max_waiting_calls is {limit}. Send fewer at "
                    "once, put several texts into one call, or raise max_waiting_calls."
                )
            self._n_calls += 1
        try:
            future = start()
        except BaseException:
            self._leave()
            raise
        future.add_done_callback(self._leave)
        return future

    def _leave(self, _: Future[Any] | None = None) -> None:
        with self._lock:
            self._n_calls -= 1
