"""Matryoshka truncation: the first `dimension` numbers of a row, at unit length again."""

from __future__ import annotations

import numpy as np

from .arrays import FloatArray
from .errors import ConfigError, NonFiniteError


def truncate_and_normalize(rows: FloatArray, dimension: int) -> FloatArray:
    """Gives the first `dimension` columns of `rows` with unit length, in float32.

    Truncation comes first: a truncated unit row is no unit row any more.

    Args:
        rows: `[n, width]`.
        dimension: From 1 to `width`.

    Returns:
        `[n, dimension]` float32, rows of L2 norm 1; `rows` stays untouched.

    Raises:
        ConfigError: `dimension` is not in 1..width.
        NonFiniteError: A row is not finite, or has length zero.
    """
    width = rows.shape[1]
    if not 1 <= dimension <= width:
        raise ConfigError(f"dimension={dimension} is out of range: this model's rows have {width} numbers.")
    cut = np.asarray(rows[:, :dimension], dtype=np.float32)
    norms = np.linalg.norm(cut, axis=1, keepdims=True)
    bad = np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))
    if bad.size:
        raise NonFiniteError(
            f"Rows {bad[:5].tolist()} ({bad.size} in all) have no direction (norm 0, NaN or infinite). "
            'Load the model with dtype="float32"; if that does not help, the checkpoint is broken.'
        )
    unit: FloatArray = cut / norms
    return unit
