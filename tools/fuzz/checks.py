"""Checks of an outcome: finite unit embeddings, equal for equal texts, or an error of this package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from qwen3_embed_integrations import Qwen3EmbedError

_CLOSE = 1e-5


class WrongEmbeddingError(AssertionError):
    """An embedding is not finite, not of unit length, or belongs to another text."""


class LeakError(AssertionError):
    """A key, a text or a terminal command went where it must not go."""


@contextmanager
def ours() -> Iterator[None]:
    """Suppress errors of this package; let others propagate."""
    try:
        yield
    except Qwen3EmbedError:
        return


def check(embeddings: np.ndarray[Any, Any], n_texts: int, dimension: int) -> None:
    """Raise WrongEmbeddingError unless `embeddings` are finite unit embeddings, `[n_texts, dimension]` float32."""
    if embeddings.shape != (n_texts, dimension) or embeddings.dtype != np.float32:
        raise WrongEmbeddingError(f"{embeddings.shape} of {embeddings.dtype}, not ({n_texts}, {dimension}) of float32")
    norms = np.linalg.norm(embeddings, axis=1)
    if not (np.isfinite(embeddings).all() and np.allclose(norms, 1, atol=_CLOSE)):
        raise WrongEmbeddingError(f"norms {norms}")


def check_same(embeddings: np.ndarray[Any, Any], others: np.ndarray[Any, Any]) -> None:
    """Raise WrongEmbeddingError unless both are the same embeddings up to rounding."""
    if embeddings.shape != others.shape or (embeddings.size and np.abs(embeddings - others).max() > _CLOSE):
        raise WrongEmbeddingError("an embedding belongs to another text, or depends on the other texts of its call")
