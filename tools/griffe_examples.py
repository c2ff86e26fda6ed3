"""Show a docstring's `Example:` as code on the site: Google style knows it, griffe knows only `Examples:`."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object


class ExampleSections(Extension):
    """Renames the section before a docstring is parsed."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rename `Example:` at the start of a section of `obj`'s docstring."""
        if obj.docstring:
            obj.docstring.value = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
