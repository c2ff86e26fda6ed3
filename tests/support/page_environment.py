"""What a `pip install` line of a page installs, by the metadata of what is installed here."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
OURS = "qwen3-embed-integrations"


def closure(wanted: list[str]) -> set[str]:
    """Return the distributions that pip installs for these requirements, theirs included.

    Raises:
        PackageNotFoundError: One of `wanted` is not installed here, so that nothing can be said of it.
    """
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(one), True) for one in wanted]
    while waiting:
        requirement, is_wanted = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += [(one, False) for one in _requirements(name, extra, must_exist=is_wanted)]
    return {name for name, _ in seen}


def _requirements(name: str, extra: str, *, must_exist: bool) -> list[Requirement]:
    if name == OURS:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return [Requirement(one) for one in project["optional-dependencies"].get(extra, project["dependencies"])]
    try:
        stated = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        if must_exist:
            raise
        return []  # needed on other systems only
    found = [Requirement(one) for one in stated]
    return [one for one in found if one.marker is None or one.marker.evaluate({"extra": extra})]
