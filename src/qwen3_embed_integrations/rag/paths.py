"""Where an index is stored by default."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from qwen3_embed_integrations.checkpoints.user_cache import cache_folder

__all__ = ["cache_folder", "default_index"]


def default_index(corpus: str) -> Path:
    """Return the folder of a corpus's index in the user's cache folder, a function of its name alone."""
    name = re.sub(r"\W+", "-", Path(corpus).name).strip("-").lower()[:40]
    digest = hashlib.sha256(corpus.encode(errors="surrogateescape")).hexdigest()[:8]
    return cache_folder() / "rag" / f"{name}-{digest}"
