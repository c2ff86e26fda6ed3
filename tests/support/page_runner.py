"""Run a page's Python blocks in an environment that has only what the page's `pip install` line installs.

python page_runner.py < JSON. Reads {"page", "blocks": [[line, code], …], "installed": [distribution, …] or null} and
prints what each block wrote, as a JSON list. What is not installed there fails to import, as it would there.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any


class OnlyInstalled:
    """A finder that finds only modules and distributions of an environment."""

    def __init__(self, finder: Any, hidden: frozenset[str], installed: frozenset[str]) -> None:
        self._finder, self._hidden, self._installed = finder, hidden, installed

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return None if name in self._hidden else self._finder.find_spec(name, path, target)

    def find_distributions(self, *context: Any) -> Iterator[metadata.Distribution]:
        found = getattr(self._finder, "find_distributions", lambda *_: ())(*context)
        return (one for one in found if canonical(one.name) in self._installed)

    def invalidate_caches(self) -> None:
        getattr(self._finder, "invalidate_caches", lambda: None)()


def canonical(name: str) -> str:
    """Return a distribution's name in the form in which names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def restrict(installed: Iterable[str]) -> None:
    """Hide every module of every distribution that is not in `installed`."""
    kept = frozenset(map(canonical, installed))
    visible: set[str] = set()
    others: set[str] = set()
    for distribution in metadata.distributions():
        (visible if canonical(distribution.name) in kept else others).update(modules(distribution))
    hidden = frozenset(others - visible)
    sys.meta_path[:] = [OnlyInstalled(finder, hidden, kept) for finder in sys.meta_path]


def modules(distribution: metadata.Distribution) -> Iterator[str]:
    """Yield the dotted names of a distribution's packages and top-level modules."""
    for file in distribution.files or ():
        *folders, name = file.parts
        if name == "__init__.py":
            yield ".".join(folders)
        elif not folders and name.endswith(".py"):
            yield name.removesuffix(".py")


def main() -> None:
    """Run the blocks one after another in one namespace, as a reader would type them."""
    order = json.load(sys.stdin)
    if order["installed"] is not None:
        restrict(order["installed"])
    namespace: dict[str, Any] = {"__name__": "__main__"}
    written = []
    for line, code in order["blocks"]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile("\n" * line + code, order["page"], "exec"), namespace)  # noqa: S102 - our own page
        written.append(out.getvalue())
    sys.stdout.write(f"{json.dumps(written)}\n")


if __name__ == "__main__":
    main()
