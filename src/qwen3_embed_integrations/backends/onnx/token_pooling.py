"""One embedding per sequence from all its token states, in numpy."""

from __future__ import annotations

import numpy as np

from qwen3_embed_integrations.core.types import FloatArray, IntArray


def pool(states: FloatArray, cu_seqlens: IntArray, pooling: str) -> FloatArray:
    """Pool the token states of each sequence.

    Args:
        states: `[tokens, hidden_size]` float32.
        cu_seqlens: `[n + 1]`, the start of each sequence and the end of the last one.
        pooling: "mean", "cls" or "max"; "lasttoken" needs the states of the last tokens only.

    Returns:
        `[n, hidden_size]` float32.
    """
    starts = cu_seqlens[:-1]
    if pooling == "cls":
        return states[starts]
    if pooling == "max":
        largest: FloatArray = np.maximum.reduceat(states, starts, axis=0)
        return largest
    mean: FloatArray = np.add.reduceat(states, starts, axis=0)
    mean /= np.diff(cu_seqlens)[:, None]
    return mean
