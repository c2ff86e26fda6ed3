"""Write figures into a page: replace the text between `<!-- NAME -->` and `<!-- /NAME -->`."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path


class NoBlockError(LookupError):
    """A page has no block of that name."""


def require_block(page: Path, name: str) -> None:
    """Check that a page has a block, before anything is measured.

    Raises:
        NoBlockError: There is none.
    """
    if not _block(name).search(page.read_text(encoding="utf-8")):
        raise NoBlockError(f"{page} has no block <!-- {name} --> … <!-- /{name} -->.")


def replace_block(page: Path, name: str, markdown: str) -> None:
    """Put `markdown` into a page's block; the rest of the page stays as it is."""
    text = page.read_text(encoding="utf-8")
    page.write_text(_block(name).sub(lambda block: f"{block[1]}\n{markdown}\n{block[2]}", text), encoding="utf-8")


def as_markdown(figures: Sequence[tuple[str, str]], command: str) -> str:
    """Return Markdown: the command, the machine and a table of (measurement, result)."""
    machine = (
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        f"torch {metadata.version('torch')}"
    )
    rows = "\n".join(f"| {measured} | {found} |" for measured, found in figures)
    return f"`{command}` on {machine}:\n\n| measured | found |\n|---|---|\n{rows}\n"


def _block(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
