"""Whether stored embeddings are of an encoder's space, found by embedding some of the stored texts again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import SpaceMismatchError
from .types import FloatArray

SAMPLE_SIZE = 3
"""Stored documents that are embedded again when a collection does not say what made it."""

_SAME = 0.99  # cosine of one text with itself in one space; 16-bit weights move an embedding by less than 0.01


def check_sample(
    sample: Sequence[tuple[str | None, Any]],
    embed: Callable[[list[str]], Any],
    *,
    where: str,
    remedy: str,
) -> None:
    """Embed the texts of a sample again and compare; an empty sample passes.

    Args:
        sample: (text, stored embedding) of some documents; a document without a text has None or "".
        embed: Documents → their embeddings, `[n, dimension]` of unit length.
        where: Name of the store, for the message.
        remedy: How to re-index, as a sentence.

    Raises:
        SpaceMismatchError: The stored embeddings are of another space, or no text is there to find out.
    """
    if not sample:
        return
    pairs = [(text, embedding) for text, embedding in sample if text]
    if not pairs:
        raise SpaceMismatchError(f"{where} does not say what made its vectors and holds no texts to find out. {remedy}")
    ours: FloatArray = np.asarray(embed([text for text, _ in pairs]))
    stored = np.asarray([embedding for _, embedding in pairs], dtype=np.float32)
    if stored.shape != ours.shape:
        raise SpaceMismatchError(
            f"{where} holds vectors of another space (dimension: stored {stored.shape[1]}, "
            f"now {ours.shape[1]}). {remedy}"
        )
    cosines = (ours * stored).sum(axis=1) / np.maximum(np.linalg.norm(stored, axis=1), np.float32(1e-12))
    if cosines.min() < _SAME:
        worst = pairs[int(cosines.argmin())][0]
        raise SpaceMismatchError(
            f"{where} holds vectors of another space (its document {worst[:40]!r}, embedded "
            f"again, has cosine {cosines.min():.2f} with what is stored, expected 1.00). {remedy}"
        )
