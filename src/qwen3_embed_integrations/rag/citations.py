"""Check the citations of a chat model: a number that no passage had is marked."""

from __future__ import annotations

import re

_CITATION = re.compile(r"\[(\d{1,4}(?:\s*[,;\u2013-]\s*\d{1,4})*)\]")
_NUMBER = re.compile(r"\d+")


def mark_unknown(text: str, n_passages: int) -> tuple[str, tuple[int, ...]]:
    """Return the text with a question mark after each cited number that was not given, and these numbers.

    Args:
        text: A chat model's answer, with citations as `[2]` or `[1, 3]`.
        n_passages: How many passages it was given, numbered from 1.

    Example:
        >>> mark_unknown("It rains [1], it snows [7].", 3)
        ('It rains [1], it snows [7?].', (7,))
    """
    unknown = dict[int, None]()

    def marked(found: re.Match[str]) -> str:
        if 1 <= int(found[0]) <= n_passages:
            return found[0]
        unknown[int(found[0])] = None
        return f"{found[0]}?"

    shown = _CITATION.sub(lambda found: f"[{_NUMBER.sub(marked, found[1])}]", text)
    return shown, tuple(unknown)
