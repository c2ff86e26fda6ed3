"""Read the standard library's modules from their source files, without running them."""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LEFT_OUT = frozenset({"antigravity", "distutils", "idlelib", "lib2to3", "this", "turtledemo"})
"""Jokes, programs, and modules that Python 3.12 and 3.13 removed."""

_INNER_FOLDERS = frozenset({"test", "tests", "idle_test", "_bundled", "site-packages", "__pycache__"})


@dataclass(frozen=True)
class Definition:
    """A documented module, class or function.

    Attributes:
        name: Its name, dotted where it is inside another.
        signature: Its parameters in brackets, or "".
        doc: Its docstring, indentation removed.
    """

    name: str
    signature: str
    doc: str


@dataclass(frozen=True)
class SourceModule:
    """The definitions and imports of one source file.

    Attributes:
        name: Dotted name, as in "asyncio.tasks".
        is_package: Whether the file is an `__init__.py`.
        doc: Its docstring, or "".
        exported: The literal names in `__all__`; None if there are none.
        exports_more: Whether a part of `__all__` is computed at run time.
        definitions: Documented definitions, by name within the module, as in "Path.exists".
        imported: Local name → (module, name in that module).
        starred: Modules of `from … import *`.
        functions: Names of its own functions, documented or not.
    """

    name: str
    is_package: bool
    doc: str
    exported: frozenset[str] | None
    exports_more: bool
    definitions: dict[str, Definition] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    starred: list[str] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)

    def stars(self, name: str) -> bool:
        """Return whether `from … import *` imports `name` from this module."""
        if self.exported is None or self.exports_more:
            return not name.startswith("_")
        return name in self.exported

    def is_helper(self, name: str) -> bool:
        """Return whether `name` is a function that `__all__` leaves out; a class that it leaves out may be a result."""
        return name in self.functions and self.exported is not None and not self.stars(name)


def source_modules() -> dict[str, SourceModule]:
    """Return every standard library module that has a source file, by name, private ones included."""
    root = Path(sysconfig.get_path("stdlib"))
    modules = {}
    for top in sorted(sys.stdlib_module_names - LEFT_OUT):
        for path in _files(root, top):
            module = _read(path, root)
            if module is not None:
                modules[module.name] = module
    return modules


def _files(root: Path, top: str) -> Iterator[Path]:
    if (root / f"{top}.py").is_file():
        yield root / f"{top}.py"
    for path in sorted((root / top).rglob("*.py")):
        inner = path.relative_to(root).parts
        if not _INNER_FOLDERS.intersection(inner) and path.name != "__main__.py":
            yield path


def _read(path: Path, root: Path) -> SourceModule | None:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None  # a file that this Python can't import
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    module = SourceModule(name, is_package, ast.get_docstring(tree) or "", *_exported(tree))
    for node in _statements(tree.body):
        if isinstance(node, ast.ImportFrom):
            _note_import(module, node)
        else:
            module.definitions.update(_definitions(node, ""))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                module.functions.add(node.name)
    return module


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield a module's statements, those under `if` and `try` included."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from _statements([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [inner for handler in node.handlers for inner in handler.body]
            yield from _statements([*node.body, *handlers, *node.orelse])


def _definitions(node: ast.stmt, outer: str) -> Iterator[tuple[str, Definition]]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name[0] == "_":
        return
    name = f"{outer}{node.name}"
    doc = ast.get_docstring(node) or _constructor_doc(node)
    if doc:
        yield name, Definition(name, _signature(node), doc)
    if isinstance(node, ast.ClassDef):
        for inner in _statements(node.body):
            yield from _definitions(inner, f"{name}.")


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    function = node if not isinstance(node, ast.ClassDef) else _constructor(node)
    if function is None:
        return ""
    arguments = ast.unparse(function.args)
    for first in ("self", "cls"):
        if arguments == first or arguments.startswith((f"{first}, ", f"{first},")):
            arguments = arguments[len(first) :].lstrip(", ").removeprefix("/").lstrip(", ")
    return f"({arguments})"


def _constructor(node: ast.ClassDef) -> ast.FunctionDef | None:
    found = (inner for inner in node.body if isinstance(inner, ast.FunctionDef) and inner.name == "__init__")
    return next(found, None)


def _constructor_doc(node: ast.stmt) -> str:
    """Return the docstring of a class's `__init__`, or ""; executors document themselves there."""
    function = _constructor(node) if isinstance(node, ast.ClassDef) else None
    return "" if function is None else ast.get_docstring(function) or ""


def _exported(tree: ast.Module) -> tuple[frozenset[str] | None, bool]:
    """Return the literal names in `__all__`, and whether others are computed."""
    names: set[str] = set()
    exports_more = False
    for value in (_added_to_all(node) for node in _statements(tree.body)):
        if isinstance(value, ast.List | ast.Tuple):
            names.update(str(item.value) for item in value.elts if isinstance(item, ast.Constant))
        elif value is not None:
            exports_more = True
    return frozenset(names) if names else None, exports_more


def _added_to_all(node: ast.stmt) -> ast.expr | None:
    """Return the value that a statement assigns or adds to `__all__`, or None."""
    if isinstance(node, ast.Assign) and _is_all(node.targets[0]):
        return node.value
    if isinstance(node, ast.AugAssign) and _is_all(node.target):
        return node.value
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and _is_all(call.func.value):
        return call.args[0] if call.args else None
    return None


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"


def _note_import(module: SourceModule, node: ast.ImportFrom) -> None:
    source = _absolute(module, node)
    for alias in node.names:
        if alias.name == "*":
            module.starred.append(source)
        else:
            module.imported[alias.asname or alias.name] = (source, alias.name)


def _absolute(module: SourceModule, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])
