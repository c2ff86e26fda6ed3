"""What counts as right: a finite unit row, the same whatever came with its text, or an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from qwen3_embed_integrations import Qwen3EmbedError

_CLOSE = 1e-5


class WrongRowError(AssertionError):
    """A row that is not finite, not of unit length, or another text's."""


@contextmanager
def ours() -> Iterator[None]:
    """Lets our errors pass; others are faults."""
    try:
        yield
    except Qwen3EmbedError:
        return


def check(rows: np.ndarray[Any, Any], n_texts: int, dimension: int) -> None:
    """Raises unless these are finite unit rows of that shape."""
    if rows.shape != (n_texts, dimension) or rows.dtype != np.float32:
        raise WrongRowError(f"{rows.shape} of {rows.dtype}, not ({n_texts}, {dimension}) of float32")
    norms = np.linalg.norm(rows, axis=1)
    if not (np.isfinite(rows).all() and np.allclose(norms, 1, atol=_CLOSE)):
        raise WrongRowError(f"norms {norms}")


def check_same(rows: np.ndarray[Any, Any], others: np.ndarray[Any, Any]) -> None:
    """Raises unless these are the same rows up to rounding."""
    if rows.shape != others.shape or (rows.size and np.abs(rows - others).max() > _CLOSE):
        raise WrongRowError("a row is another text's, or moved by its neighbours")
