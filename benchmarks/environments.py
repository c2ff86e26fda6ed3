"""One virtual environment for each peer, created at its first use."""

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
    """Return an interpreter with the packages in `requirement`: this one, or one of an environment below `cache`.

    The environment sees this one's packages, including torch; pip adds those that the peer needs in another version.

    Args:
        requirement: Packages as pip takes them, separated by spaces; "" means this interpreter.
        cache: Folder of the environments.
        unwanted: A package to uninstall again, because it breaks the others.

    Raises:
        PeerError: pip can't install it; the message has pip's last line.
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
    """Return the last line of a program's output, at most 200 characters."""
    return (text.strip().splitlines() or ["it said nothing"])[-1][:200]


def _name(requirement: str) -> str:
    return requirement.partition("[")[0]


def _is_installed(requirement: str) -> bool:
    """Return whether the package is installed; a requirement with extras counts as missing."""
    try:
        metadata.version(requirement)
    except metadata.PackageNotFoundError:
        return False
    return True
