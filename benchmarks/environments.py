"""An environment of its own for each peer, made at its first use."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
from importlib import metadata
from pathlib import Path

TIMEOUT_S = 1800


class PeerError(RuntimeError):
    """A peer could not be installed or run."""


def python_with(requirement: str, cache: Path, unwanted: str = "") -> Path:
    """Gives an interpreter that has what `requirement` names: this one, or that of an environment below `cache`.

    The environment sees this one's packages, torch among them; pip adds what the peer wants in another version.

    Args:
        requirement: As pip takes it, several packages with spaces between; "" is met by this interpreter.
        cache: Where environments are kept.
        unwanted: A package that comes along and breaks the others: it is removed.

    Raises:
        PeerError: pip can't install it; its last line says why.
    """
    if all(_is_installed(one) for one in requirement.split()):
        return Path(sys.executable)
    torch, running = metadata.version("torch"), sysconfig.get_path("purelib")
    stamp = hashlib.sha256(f"{requirement} {running} {torch} {sys.version}".encode()).hexdigest()[:8]
    folder = cache / f"{_name(requirement.split(maxsplit=1)[0])}-{stamp}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if (folder / "complete").exists():
        return python
    venv.create(folder, clear=True, with_pip=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (site / "running.pth").write_text(f"{running}\n", encoding="utf-8")
    constraints = folder / "constraints.txt"
    constraints.write_text(f"torch=={torch}\n", encoding="utf-8")
    _pip(python, "install", "--constraint", str(constraints), *requirement.split())
    if unwanted:
        _pip(python, "uninstall", "--yes", unwanted)
    (folder / "complete").touch()
    return python


def _pip(python: Path, command: str, *arguments: str) -> None:
    ran = subprocess.run(
        [str(python), "-m", "pip", command, "--quiet", *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if ran.returncode:
        raise PeerError(f"could not be installed: {last_line(ran.stderr)}")


def last_line(text: str) -> str:
    """Gives the end of what a program said, short enough for a table."""
    return (text.strip().splitlines() or ["it said nothing"])[-1][:200]


def _name(requirement: str) -> str:
    return requirement.partition("[")[0]


def _is_installed(requirement: str) -> bool:
    """Says whether the package is here; its extras are taken for missing."""
    try:
        metadata.version(requirement)
    except metadata.PackageNotFoundError:
        return False
    return True
