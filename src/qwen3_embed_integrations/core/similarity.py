"""Similarity of two sets of embeddings."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .errors import ConfigError
from .matryoshka import truncate_and_normalize
from .types import FloatArray


def similarity(a: FloatArray, b: FloatArray, metric: Literal["cosine", "dot"]) -> FloatArray:
    """Return the similarity of each embedding of `a` to each embedding of `b`.

    Args:
        a: `[n, dimension]`, or `[dimension]` for one embedding.
        b: `[m, dimension]`, or `[dimension]` for one embedding.
        metric: "cosine" or "dot" (inner product).

    Returns:
        `[n, m]` float32.

    Raises:
        ConfigError: The shapes do not match, or the metric is unknown.
        NonFiniteError: With "cosine": an embedding has a NaN or infinite component, or norm 0.
    """
    left, right = (np.atleast_2d(np.asarray(embeddings, dtype=np.float32)) for embeddings in (a, b))
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[1]:  # noqa: PLR2004 - embeddings and columns
        raise ConfigError(
            f"Can't compare embeddings of shape {left.shape} and {right.shape}: their dimensions must be equal."
        )
    if metric == "cosine":
        left, right = (truncate_and_normalize(embeddings, embeddings.shape[1]) for embeddings in (left, right))
    elif metric != "dot":
        raise ConfigError(f'Unknown metric {metric!r}. Use "cosine" or "dot".')
    scores: FloatArray = left @ right.T
    return scores
