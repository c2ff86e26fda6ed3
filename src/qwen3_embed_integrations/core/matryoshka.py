"""Matryoshka truncation: the first `dimension` numbers of an embedding, at unit length again."""

from __future__ import annotations

import numpy as np

from .errors import ConfigError, NonFiniteError
from .types import FloatArray

_BLOCK = 4096  # their squares take room, too


def truncate_and_normalize(embeddings: FloatArray, dimension: int, *, in_place: bool = False) -> FloatArray:
    """Gives the first `dimension` columns of `embeddings` with unit length, in float32.

    Truncation comes first: a truncated unit embedding is no unit embedding any more.

    Args:
        embeddings: `[n, width]`.
        dimension: From 1 to `width`.
        in_place: Whether to write over float32 `embeddings`, for callers who own them: a copy of many embeddings is
            large.

    Returns:
        `[n, dimension]` float32, embeddings of L2 norm 1; without `in_place`, `embeddings` stay untouched.

    Raises:
        ConfigError: `dimension` is not in 1..width.
        NonFiniteError: An embedding is not finite, or has length zero.
    """
    width = embeddings.shape[1]
    if not 1 <= dimension <= width:
        raise ConfigError(f"dimension={dimension} is out of range: this model's embeddings have {width} numbers.")
    cut = np.asarray(embeddings[:, :dimension], dtype=np.float32)
    norms = np.empty((len(cut), 1), dtype=np.float32)
    for start in range(0, len(cut), _BLOCK):
        block = slice(start, start + _BLOCK)
        norms[block] = np.linalg.norm(cut[block], axis=1, keepdims=True)
    bad = np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))
    if bad.size:
        raise NonFiniteError(
            f"Embeddings {bad[:5].tolist()} ({bad.size} in all) have no direction (norm 0, NaN or infinite). "
            'Load the model with dtype="float32"; if that does not help, the checkpoint is broken.'
        )
    unit: FloatArray = np.divide(cut, norms, out=cut if in_place else None)
    return unit
