"""Fit docstrings to the site: `Example:` as code, and without the map of a package's files.

Google style knows `Example:`, griffe knows only `Examples:`. A package's docstring lists its files, a line each, which
says nothing to a reader of the reference.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_FILE = re.compile(r"^[a-z_]+ {2,}\S.*\n?", re.MULTILINE)


def for_readers(docstring: str, *, is_module: bool) -> str:
    """Return a docstring as the site shows it."""
    if is_module:
        docstring = _FILE.sub("", docstring)
    return re.sub(r"^Example:$", "Examples:", docstring, flags=re.MULTILINE)


class ExampleSections(Extension):
    """Changes a docstring before it is parsed."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Change `obj`'s docstring."""
        if obj.docstring:
            obj.docstring.value = for_readers(obj.docstring.value, is_module=obj.is_module)
