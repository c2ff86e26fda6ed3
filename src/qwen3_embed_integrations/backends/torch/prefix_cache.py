"""Keys and values of shared instruction prefixes, computed once and kept per loaded model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from .attention import KeysValues

PrefixStates = tuple[KeysValues, ...]

_MOST_PREFIXES = 16  # instructions in use at a time; 0.6B keeps 112 KB for each of a prefix's tokens


class PrefixCache:
    """Token ids of a prefix → each layer's keys and values; the one unused for longest goes first.

    Args:
        compute: Gives them for token ids it is asked for the first time.
    """

    def __init__(self, compute: Callable[[tuple[int, ...]], PrefixStates]) -> None:
        self._compute = compute
        self._kept: OrderedDict[tuple[int, ...], PrefixStates] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def __call__(self, prefix: tuple[int, ...]) -> PrefixStates:
        """Gives the keys and values of a prefix; () for the empty one."""
        if not prefix:
            return ()
        with self._lock:  # held while it computes: several streams begin with the same instruction
            if prefix not in self._kept:
                self._kept[prefix] = self._compute(prefix)
                if len(self._kept) > _MOST_PREFIXES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(prefix)
            return self._kept[prefix]
