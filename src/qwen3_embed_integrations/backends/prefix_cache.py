"""Keys and values of shared instruction prefixes, computed once per loaded model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

States = TypeVar("States")
"""What a runtime keeps of a prefix: its keys and values in each layer."""

_MOST_PREFIXES = 16  # instructions in use at a time; the 0.6B model keeps 112 KB for each token of a prefix


class PrefixCache(Generic[States]):
    """Token ids of a prefix → each layer's keys and values; evicts the least recently used prefix.

    Args:
        compute: Computes the keys and values of a prefix's token ids.
        empty: The result for an empty prefix.
    """

    def __init__(self, compute: Callable[[tuple[int, ...]], States], empty: States) -> None:
        self._compute = compute
        self._empty = empty
        self._kept: OrderedDict[tuple[int, ...], States] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def __call__(self, prefix: tuple[int, ...]) -> States:
        """Return the keys and values of a prefix, computed at its first use; `empty` for an empty prefix."""
        if not prefix:
            return self._empty
        with self._lock:  # held during the computation: several streams start with the same instruction
            if prefix not in self._kept:
                self._kept[prefix] = self._compute(prefix)
                if len(self._kept) > _MOST_PREFIXES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(prefix)
            return self._kept[prefix]
