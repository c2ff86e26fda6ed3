"""Matryoshka truncation: keep the first `dimension` components of an embedding, then normalise."""

from __future__ import annotations

import numpy as np

from .errors import ConfigError, NonFiniteError
from .types import FloatArray

_UNIT = 5e-7  # a norm this near to 1 is that of a unit embedding in float32: dividing again would move its last bits
_BLOCK = 4096  # embeddings whose norms are computed at a time: the squares need memory too


def truncate_and_normalize(embeddings: FloatArray, dimension: int, *, in_place: bool = False) -> FloatArray:
    """Return the first `dimension` components of each embedding, normalised to unit length.

    Truncate first: a truncated unit embedding no longer has unit length.

    Args:
        embeddings: `[n, hidden_size]`.
        dimension: From 1 to `hidden_size`.
        in_place: Overwrite float32 `embeddings` instead of copying them. Set it only if the caller owns them.

    Returns:
        `[n, dimension]` float32 of L2 norm 1. Without `in_place`, `embeddings` are not modified.

    Raises:
        ConfigError: `dimension` is not in 1..hidden_size.
        NonFiniteError: An embedding has a NaN or infinite component, or norm 0.
    """
    width = embeddings.shape[1]
    if not 1 <= dimension <= width:
        raise ConfigError(f"dimension={dimension} is out of range: this model's embeddings have {width} numbers.")
    cut = np.asarray(embeddings[:, :dimension], dtype=np.float32)
    norms = np.empty((len(cut), 1), dtype=np.float32)
    for start in range(0, len(cut), _BLOCK):
        block = slice(start, start + _BLOCK)
        norms[block] = np.linalg.norm(cut[block], axis=1, keepdims=True)
    norms[np.abs(norms - 1) < _UNIT] = 1  # as a server sent it, so it stays
    bad = np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))
    if bad.size:
        raise NonFiniteError(
            f"Embeddings {bad[:5].tolist()} ({bad.size} in total) can't be normalised (norm 0, NaN or infinite). "
            'Load the model with dtype="float32"; if that does not help, the checkpoint is broken.'
        )
    unit: FloatArray = np.divide(cut, norms, out=cut if in_place else None)
    return unit
