"""Write core/encoder_options.py: the options of EncoderConfig as a TypedDict, for type checkers and editors.

Run `python tools/encoder_options.py` after a change to an option. A test holds the file equal to what this prints.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from qwen3_embed_integrations.core import config

TARGET = Path(config.__file__).with_name("encoder_options.py")
_OVERRIDABLE = ("device", "token")
"""Options for which Haystack has types of its own: ComponentDevice and Secret."""
_ACCEPTED = {"SecretStr | None": "str | SecretStr | None"}
"""What a constructor takes where it keeps something narrower."""


def rendered() -> str:
    """Return the module's source."""
    (cls,) = (
        node
        for node in ast.parse(inspect.getsource(config)).body
        if isinstance(node, ast.ClassDef) and node.name == "EncoderConfig"
    )
    kept = {
        node.target.id: ast.get_source_segment(inspect.getsource(config), node.annotation) or ""
        for node in cls.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    types = {
        name: _ACCEPTED.get(kind, kind) for name, kind in kept.items() if name in config.EncoderConfig.model_fields
    }
    common = "\n".join(f"    {name}: {kind}" for name, kind in types.items() if name not in _OVERRIDABLE)
    own = "\n".join(f"    {name}: {types[name]}" for name in _OVERRIDABLE)
    return f'''"""The options of EncoderConfig as a TypedDict. Written by tools/encoder_options.py: do not edit."""

from __future__ import annotations

from typing import Literal, TypedDict

from pydantic import SecretStr

from .options import Engine


class CommonOptions(TypedDict, total=False):
    """The options whose type is the same in every integration; `EncoderConfig` says what each one does."""

{common}


class EncoderOptions(CommonOptions, total=False):
    """Every option of `EncoderConfig`, as its keyword arguments."""

{own}
'''


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
