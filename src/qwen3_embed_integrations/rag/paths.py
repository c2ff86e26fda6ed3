"""Where an index is stored by default."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path


def default_index(corpus: str) -> Path:
    """Return the folder of a corpus's index in the user's cache folder, a function of its name alone."""
    name = re.sub(r"\W+", "-", Path(corpus).name).strip("-").lower()[:40]
    digest = hashlib.sha256(corpus.encode(errors="surrogateescape")).hexdigest()[:8]
    return cache_folder() / "rag" / f"{name}-{digest}"


def cache_folder() -> Path:
    """Return this program's cache folder, at the operating system's usual location."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "qwen3-embed"
