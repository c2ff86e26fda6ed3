"""What counts as texts: a sequence of `str`, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import IntArray
from .errors import InputTypeError


def checked_texts(texts: Sequence[str]) -> list[str]:
    """Gives the texts as a list.

    Raises:
        InputTypeError: Not a sequence of `str`; the message names the index.
    """
    if isinstance(texts, (str, bytes)) or not isinstance(texts, (Sequence, np.ndarray)):
        raise InputTypeError(
            f"Expected a list of str, found {type(texts).__name__}. For one text, give a list of one: [text]."
        )
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputTypeError(f"Text {index} is {type(text).__name__}, expected str.")
    return list(texts)


def without_repeats(texts: Sequence[str]) -> tuple[list[str], IntArray]:
    """Gives each text once, and `[n]` where each of `texts` is among them."""
    places: dict[str, int] = {}
    inverse = np.fromiter((places.setdefault(text, len(places)) for text in texts), dtype=np.int64, count=len(texts))
    return list(places), inverse


def encodable(text: str) -> str:
    """Gives the text with each lone surrogate, which has no UTF-8, read as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
