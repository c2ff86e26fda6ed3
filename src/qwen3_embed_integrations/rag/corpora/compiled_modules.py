"""Read the documentation of the standard library's compiled modules, which have no source file to parse."""

from __future__ import annotations

import importlib
import inspect
import sys
import warnings
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader, PathFinder
from types import ModuleType

from .source_modules import Definition

_TERMINAL_MODULES = frozenset({"_tkinter", "readline"})
_DOCUMENTED_AS_OS = frozenset({"nt", "posix"})


def compiled_modules() -> list[str]:
    """Return the names of this Python's public compiled modules, sorted."""
    public = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    return sorted(name for name in public - _DOCUMENTED_AS_OS if _is_compiled(name))


def load_compiled(name: str) -> ModuleType:
    """Import a compiled module; return an empty module if `name` is not compiled or can't be loaded here."""
    if _is_compiled(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return importlib.import_module(name)
            except ImportError:
                pass
    return ModuleType(name)


def module_definitions(name: str) -> Iterator[Definition]:
    """Yield the documented public definitions of a compiled module, under the names that users import."""
    module = load_compiled(name)
    if module.__doc__:
        yield Definition(name, "", inspect.cleandoc(module.__doc__))
    prefix = "" if name == "builtins" else f"{name}."
    for inner in sorted(vars(module)):
        yield from object_definitions(f"{prefix}{inner}", vars(module)[inner])


def object_definitions(name: str, thing: object) -> Iterator[Definition]:
    """Yield the definition of a class or function, and of a class's methods."""
    if name.rpartition(".")[2].startswith("_") or not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return
    doc = thing.__doc__
    if isinstance(doc, str) and doc.strip():
        yield Definition(name, _signature(thing), inspect.cleandoc(doc))
    if inspect.isclass(thing):
        for inner, method in sorted(vars(thing).items()):
            if inspect.isroutine(method):
                yield from object_definitions(f"{name}.{inner}", method)


def _is_compiled(name: str) -> bool:
    if name not in sys.stdlib_module_names or name in _TERMINAL_MODULES:
        return False
    if name in sys.builtin_module_names:
        return True
    spec = PathFinder.find_spec(name)  # not importlib.util.find_spec, which runs import hooks such as setuptools'
    return spec is not None and isinstance(spec.loader, ExtensionFileLoader)


def _signature(thing: object) -> str:
    """Return the parameters in a compiled function's text signature, without self."""
    text: str = getattr(thing, "__text_signature__", None) or ""
    for marked in ("$self", "$module", "$type"):
        for separator in (", /, ", ", /", ", ", ""):
            text = text.replace(f"({marked}{separator}", "(")
    return text
