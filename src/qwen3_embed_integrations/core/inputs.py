"""Validation of texts, shared by every integration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from .errors import InputEncodingError, InputTypeError
from .types import IntArray

_REPLACE = 'Replace it: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").'


def checked_texts(texts: Iterable[str], what: str = "text") -> list[str]:
    """Return the texts as a list.

    Args:
        texts: A list, tuple, numpy array, pandas Series, generator or any other ordered iterable of `str`.
        what: Noun for one text in the message, such as "document".

    Raises:
        InputTypeError: `texts` is a single `str`, is unordered, has more than one axis, or has an item that is not a
            `str`; the message names its index.
    """
    unfit = isinstance(texts, (str, bytes, Mapping, AbstractSet)) or not isinstance(texts, Iterable)
    if unfit or getattr(texts, "ndim", 1) != 1:
        raise InputTypeError(
            f"Expected a list of str, found {_described(texts)}. For one {what}, give a list of one: [{what}]."
        )
    listed = list(texts)
    for index, text in enumerate(listed):
        if not isinstance(text, str):
            raise InputTypeError(f"{what.capitalize()} {index} is {type(text).__name__}, expected str.")
    return listed


def checked_text(text: Any, what: str = "text", hint: str = "") -> str:
    """Return the text unchanged.

    Args:
        text: One text.
        what: Noun for the text in the message.
        hint: Sentence that ends the message and says what to do.

    Raises:
        InputTypeError: `text` is not a `str`.
    """
    if not isinstance(text, str):
        raise InputTypeError(f"The {what} is {type(text).__name__}, expected str.{hint and ' ' + hint}")
    return text


def without_repeats(texts: Sequence[str]) -> tuple[list[str], IntArray]:
    """Return the distinct texts in order, and `[n]` int64 indices of each of `texts` among them."""
    distinct = list(dict.fromkeys(texts))
    indices = dict(zip(distinct, range(len(distinct)), strict=True))
    return distinct, np.fromiter(map(indices.__getitem__, texts), dtype=np.int64, count=len(texts))


def encodable(text: str) -> str:
    """Return the text with each lone surrogate, which UTF-8 can't encode, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def encodable_values(value: Any) -> Any:
    """Return a JSON value with `encodable` applied to each of its texts, keys included; others as they are."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {encodable_values(key): encodable_values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [encodable_values(inner) for inner in value]
    return value


def checked_storable(texts: Iterable[str], what: str = "text", hint: str = _REPLACE) -> list[str]:
    """Return the texts as a list, as in `checked_texts`, for a store that gets them from somebody else.

    The store would fail at the first lone surrogate, perhaps with the texts before it written.

    Args:
        texts: What will be embedded and stored.
        what: Noun for one text in the message.
        hint: Sentence that ends the message and says what to do.

    Raises:
        InputTypeError: As in `checked_texts`.
        InputEncodingError: A text holds a lone surrogate; the message names its index and the character.
    """
    listed = checked_texts(texts, what)
    for index, text in enumerate(listed):
        place = lone_surrogate(text)
        if place is not None:
            raise InputEncodingError(
                f"{what.capitalize()} {index} holds a lone surrogate (U+{ord(text[place]):04X}, character {place}), "
                f"which has no UTF-8 form, so no store can keep it. {hint}"
            )
    return listed


def lone_surrogate(text: str) -> int | None:
    """Return the place of the first character that UTF-8 can't encode; None if there is none."""
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def _described(texts: Any) -> str:
    n_axes = getattr(texts, "ndim", 1)
    return type(texts).__name__ if n_axes == 1 else f"{type(texts).__name__} of {n_axes} axes"
