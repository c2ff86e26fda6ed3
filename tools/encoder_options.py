"""Write core/encoder_options.py: the options of EncoderConfig as a TypedDict, for type checkers and editors.

Run `python tools/encoder_options.py` after a change to an option. A test holds the file equal to what this prints.
"""

from __future__ import annotations

import ast
from pathlib import Path

_CORE = Path(__file__).resolve().parent.parent / "src" / "qwen3_embed_integrations" / "core"
TARGET = _CORE / "encoder_options.py"
_OVERRIDABLE = ("device", "token")
"""Options for which Haystack has types of its own: ComponentDevice and Secret."""
_ACCEPTED = {"SecretStr | None": "str | SecretStr | None"}
"""What a constructor takes where it keeps something narrower."""


def rendered() -> str:
    """Return the module's source."""
    source = (_CORE / "config.py").read_text(encoding="utf-8")  # not imported: config.py itself imports the target
    (cls,) = (
        node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == "EncoderConfig"
    )
    kept = {
        node.target.id: ast.get_source_segment(source, node.annotation) or ""
        for node in cls.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    types = {name: _ACCEPTED.get(kind, kind) for name, kind in kept.items()}
    common = "\n".join(f"    {name}: {kind}" for name, kind in types.items() if name not in _OVERRIDABLE)
    own = "\n".join(f"    {name}: {types[name]}" for name in _OVERRIDABLE)
    return f'''"""The options of EncoderConfig as a TypedDict. Written by tools/encoder_options.py: do not edit."""

from __future__ import annotations

from typing import Literal, TypedDict

from pydantic import SecretStr

from .options import Engine
from .stock_options import StockOptions


class CommonOptions(TypedDict, total=False):
    """The options whose type is the same in every integration; `EncoderConfig` says what each one does."""

{common}


class EncoderOptions(CommonOptions, total=False):
    """Every option of `EncoderConfig`, as its keyword arguments."""

{own}


class EncoderKeywords(EncoderOptions, StockOptions, total=False):
    """What constructors accept: the options, and the keywords of the classes that they replace."""
'''


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
