"""Names of a package that are loaded at their first use, as PEP 562 allows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package whose names are loaded at their first use.

    Args:
        package: The package's `__name__`.
        modules: The module, relative to the package, that defines each name.

    Example:
        >>> __getattr__, __dir__ = lazy_names("qwen3_embed_integrations", {"Ranked": "core.ranking"})
        >>> __getattr__("Ranked").__name__
        'Ranked'
    """

    def load(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        value = getattr(import_module(f"{package}.{modules[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted(vars(sys.modules[package]).keys() | modules.keys())

    return load, names
