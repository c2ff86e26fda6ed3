"""The label of a FAISS index: a side file, which says of which index file it is."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LABEL_FILE = "qwen3_embed_space.json"
"""Beside the index; the name of the index goes before it."""

_PIECE, _N_PIECES = 65_536, 64  # an index of gigabytes is read in places


def label_path(index_file: Path) -> Path:
    """Return where the label of an index file lies."""
    return index_file.with_name(f"{index_file.stem}.{LABEL_FILE}")


def read_label(index_file: Path) -> Mapping[str, Any] | None:
    """Return the description; None if there is none, or it is of another index file."""
    try:
        found = json.loads(label_path(index_file).read_text(encoding="utf-8"))
        digest = file_digest(index_file)
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("index_digest") != digest:
        return None
    space = found.get("space")
    return space if isinstance(space, dict) else None


def write_label(index_file: Path, space: Mapping[str, Any]) -> None:
    """Write the description in one step, after the index file."""
    path = label_path(index_file)
    content = json.dumps({"index_digest": file_digest(index_file), "space": dict(space)})
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def file_digest(path: Path) -> str:
    """Return a digest of a file's size and of pieces from all over it."""
    size = path.stat().st_size
    seen = hashlib.blake2b(str(size).encode(), digest_size=16)
    step = max(_PIECE, size // _N_PIECES)
    with path.open("rb") as file:
        for start in range(0, size, step):
            file.seek(start)
            seen.update(file.read(_PIECE))
        file.seek(max(0, size - _PIECE))
        seen.update(file.read(_PIECE))
    return seen.hexdigest()
