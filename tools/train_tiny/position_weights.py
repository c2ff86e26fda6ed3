"""How much a token counts by its place: the beginning of a long text more than the rest.

A heading, a definition, the first sentence of a passage tell most of what it is about, so the mean
of token vectors finds more when these weigh more. The model does it with attention that looks at
places alone: a token near the beginning looks at itself and its neighbours, a later one at the
beginning, and each adds what it sees to itself before the mean is taken. Texts of up to some forty
tokens stay evenly weighed.

Rotary embeddings give attention scores that are sums of cosines of the distance. Here one slow pair
makes a ramp, on which the farthest tokens score highest, and the fast pairs a bump at distance zero.
"""

from __future__ import annotations

from functools import cache

import numpy as np

HEAD_DIM = 64
ROPE_THETA = 1e6
LEAD_SHARE = 0.45
MEAN_SHARE = 8.0
_LONGEST = 1024
_PAIRS = HEAD_DIM // 2
_RAMP_PAIR = 16
_RAMP_SLOPE = 1 / 30
_N_BUMP_PAIRS = 10
_BUMP_HEIGHT = 5.0


def _frequencies() -> np.ndarray:
    return ROPE_THETA ** (-np.arange(_PAIRS) / _PAIRS)


def patterns() -> tuple[np.ndarray, np.ndarray]:
    """Return what query and key heads hold before rotation, ``[64]`` each: the same at every place.

    Components ``i`` and ``i + 32`` are the real and the imaginary part of pair ``i``.
    """
    query, key = np.zeros(HEAD_DIM), np.zeros(HEAD_DIM)
    scale = HEAD_DIM**0.5  # attention divides by it
    query[:_N_BUMP_PAIRS] = scale * _BUMP_HEIGHT / _N_BUMP_PAIRS
    query[_RAMP_PAIR + _PAIRS] = -scale * _RAMP_SLOPE / _frequencies()[_RAMP_PAIR]  # a quarter turn behind: a sine
    key[:_N_BUMP_PAIRS] = key[_RAMP_PAIR] = 1.0
    return query, key


def _scores(n: int) -> np.ndarray:
    """Return ``[n]``, the attention score at each distance."""
    distances, frequencies = np.arange(n), _frequencies()
    bump = np.cos(np.outer(distances, frequencies[:_N_BUMP_PAIRS])).sum(1) * _BUMP_HEIGHT / _N_BUMP_PAIRS
    return bump + np.sin(distances * frequencies[_RAMP_PAIR]) * _RAMP_SLOPE / frequencies[_RAMP_PAIR]


@cache
def _all_weights() -> list[np.ndarray]:
    scores = _scores(_LONGEST)
    looked_at = np.zeros((_LONGEST, _LONGEST))
    for place in range(_LONGEST):
        shares = np.exp(scores[place::-1] - scores[: place + 1].max())
        looked_at[place, : place + 1] = shares / shares.sum()
    summed = looked_at.cumsum(0)
    return [
        (MEAN_SHARE / (n + 1) * (1 + LEAD_SHARE * summed[n, :n]) + LEAD_SHARE * looked_at[n, :n]).astype(np.float32)
        for n in range(_LONGEST)
    ]


def token_weights(n: int) -> np.ndarray:
    """Return ``[n]`` float32: the share of each of a text's ``n`` tokens in its row, the end token not counted.

    Up to 1,023 tokens. The end token looks at the others' sums (`MEAN_SHARE`) and, as they do, at the
    beginning (`LEAD_SHARE`).
    """
    return _all_weights()[n]
