"""Issue a warning at the line of the user's program that led to it."""

from __future__ import annotations

import sys
import warnings

from .safe_text import safe_text


def warn_user(message: str, category: type[Warning]) -> None:
    """Issue a warning that points at the first frame outside this package; escape what could act on a terminal."""
    warnings.warn(safe_text(message, keep="\n\t"), category, stacklevel=_levels_to_user())


def _levels_to_user() -> int:
    """Return the stacklevel of the first frame outside this package."""
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe(1)  # noqa: SLF001 - warnings' own skip_file_prefixes needs Python 3.12
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(package):
        level, frame = level + 1, frame.f_back
    return level
