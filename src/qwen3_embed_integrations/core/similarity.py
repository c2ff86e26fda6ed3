"""The similarity of rows to rows."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .errors import ConfigError
from .matryoshka import truncate_and_normalize
from .types import FloatArray


def similarity(a: FloatArray, b: FloatArray, metric: Literal["cosine", "dot"]) -> FloatArray:
    """Gives the similarity of each row of `a`, `[n, d]`, to each row of `b`, `[m, d]`: `[n, m]` float32.

    Raises:
        ConfigError: Shapes that don't fit, or an unknown metric.
    """
    left, right = (np.atleast_2d(np.asarray(rows, dtype=np.float32)) for rows in (a, b))
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[1]:  # noqa: PLR2004 - rows and columns
        raise ConfigError(f"Can't compare rows of shape {left.shape} and {right.shape}: lengths must be equal.")
    if metric == "cosine":
        left, right = (truncate_and_normalize(rows, rows.shape[1]) for rows in (left, right))
    elif metric != "dot":
        raise ConfigError(f'Unknown metric {metric!r}. Use "cosine" or "dot".')
    scores: FloatArray = left @ right.T
    return scores
