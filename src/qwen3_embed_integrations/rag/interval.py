"""The exact interval of a share that was counted."""

from __future__ import annotations

import math
from collections.abc import Callable


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson 1934) of which `hits` of `n` were seen."""
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else _root(lambda share: 1 - _binomial_cdf(hits - 1, n, share) - tail)
    high = 1.0 if hits == n else _root(lambda share: tail - _binomial_cdf(hits, n, share))
    return low, high


def _binomial_cdf(k: int, n: int, share: float) -> float:
    return sum(math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k + 1))


def _root(rising: Callable[[float], float]) -> float:
    """Return where a function that rises from below 0 at 0 to above 0 at 1 is 0."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2
