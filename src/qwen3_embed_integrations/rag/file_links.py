"""Links that open a cited file at the cited place: file URLs of the user's own paths, percent-encoded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

_ANCHOR = re.compile(r"[A-Za-z0-9._~:-]{1,200}")  # an anchor is text of the document: no other character leaves it


def file_url(root: Path, source: str, place: Mapping[str, Any]) -> str:
    """Return the URL of a file of the corpus, as in "file:///docs/guide.pdf#page=3"; "" if there is no such file.

    Args:
        root: The folder, or the one file, that was indexed.
        source: The file's name in citations.
        place: A passage's metadata; page and anchor become the fragment.
    """
    path = root if root.is_file() else _inside(root, source)
    if path is None or not path.is_file():
        return ""
    page, anchor = place.get("page"), place.get("anchor")
    fragment = f"#page={int(page)}" if page and path.suffix.lower() == ".pdf" else ""
    if isinstance(anchor, str) and _ANCHOR.fullmatch(anchor):
        fragment = f"#{anchor}"
    return path.absolute().as_uri() + fragment


def _inside(root: Path, source: str) -> Path | None:
    """Return the path of a source below `root`, or None for a name that leads out of it."""
    parts = PurePosixPath(source).parts
    if not parts or parts[0] == "/" or ".." in parts:
        return None
    return root.joinpath(*parts)
