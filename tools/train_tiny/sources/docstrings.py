"""Docstrings of Python's standard library, with the qualified name that each belongs to."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from tools.train_tiny.units import Unit, clean, is_useful

_SKIPPED = frozenset({"test", "tests", "idlelib", "lib2to3", "site-packages", "turtledemo", "config"})
_MIN_CHARS = 20


def read_docstrings() -> Iterator[Unit]:
    """Yield every docstring as a passage and its humanised name as a query for it."""
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.rglob("*.py")):
        module = path.relative_to(library).with_suffix("")
        if _SKIPPED.isdisjoint(module.parts):
            yield from _module_units(path, ".".join(part for part in module.parts if part != "__init__"))


def _module_units(path: Path, module: str) -> Iterator[Unit]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the files' own strings
        tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        text = clean(ast.get_docstring(node) or "")
        if len(text) < _MIN_CHARS or not is_useful(text):
            continue
        name = module if isinstance(node, ast.Module) else f"{module}.{node.name}"
        yield Unit("python-docstrings", "en", text)
        yield Unit("python-docstrings", "en", clean(f"{name}: {text}"))
        yield Unit(
            "python-docstrings", "en", name.replace(".", " ").replace("_", " ").strip(), role="query", answer=text
        )
