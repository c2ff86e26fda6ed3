"""Write core/encoder_options.py and core/reranker_options.py: the options of both configs as TypedDicts.

Run `python tools/encoder_options.py` after a change to an option. A test holds the files equal to what this writes.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

_CORE = Path(__file__).resolve().parent.parent / "src" / "qwen3_embed_integrations" / "core"
_OVERRIDABLE = ("device", "token")
"""Options for which Haystack has types of its own: ComponentDevice and Secret."""
_ACCEPTED = {"SecretStr | None": "str | SecretStr | None"}
"""What a constructor takes where it keeps something narrower."""
_ALSO = {"device": "str | Sequence[str]"}
"""The same by an option's name."""


class Generated(NamedTuple):
    """One generated module.

    Attributes:
        target: The module.
        source: The module of the config; parsed, not imported, because it itself imports the target.
        config: The name of the config.
        common: The name of the options whose type is the same in every integration.
        full: The name of all options.
        keywords: The name of what constructors accept.
        engine: The type of the option `engine`.
        stock: The module and the class of the stock keywords.
    """

    target: Path
    source: Path
    config: str
    common: str
    full: str
    keywords: str
    engine: str
    stock: tuple[str, str]


GENERATED = (
    Generated(
        target=_CORE / "encoder_options.py",
        source=_CORE / "config.py",
        config="EncoderConfig",
        common="CommonOptions",
        full="EncoderOptions",
        keywords="EncoderKeywords",
        engine="Engine",
        stock=("stock_options", "StockOptions"),
    ),
    Generated(
        target=_CORE / "reranker_options.py",
        source=_CORE / "reranker_config.py",
        config="RerankerConfig",
        common="CommonRerankerOptions",
        full="RerankerOptions",
        keywords="RerankerKeywords",
        engine="RerankEngine",
        stock=("stock_options", "StockRerankerOptions"),
    ),
)


def rendered(one: Generated) -> str:
    """Return the source of a generated module."""
    source = one.source.read_text(encoding="utf-8")
    (cls,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == one.config)
    kept = {
        node.target.id: ast.get_source_segment(source, node.annotation) or ""
        for node in cls.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    types = {name: _ALSO.get(name, _ACCEPTED.get(kind, kind)) for name, kind in kept.items()}
    common = "\n".join(f"    {name}: {kind}" for name, kind in types.items() if name not in _OVERRIDABLE)
    own = "\n".join(f"    {name}: {types[name]}" for name in _OVERRIDABLE)
    return f'''"""The options of {one.config} as a TypedDict. Written by tools/encoder_options.py: do not edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from pydantic import SecretStr

from .options import {one.engine}
from .{one.stock[0]} import {one.stock[1]}


class {one.common}(TypedDict, total=False):
    """The options whose type is the same in every integration; `{one.config}` says what each one does."""

{common}


class {one.full}({one.common}, total=False):
    """Every option of `{one.config}`, as its keyword arguments."""

{own}


class {one.keywords}({one.full}, {one.stock[1]}, total=False):
    """What constructors accept: the options, and the keywords of the classes that they replace."""
'''


if __name__ == "__main__":
    for module in GENERATED:
        module.target.write_text(rendered(module), encoding="utf-8")
