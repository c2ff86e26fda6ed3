"""Errors of an index, with what to do about them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromadb.errors import ChromaError
from filelock import Timeout

from qwen3_embed_integrations import Qwen3EmbedError
from qwen3_embed_integrations.core.errors import RagError

_LITTLE_SPACE = 32_000_000  # bytes that Chroma needs to write a batch and compact


@contextmanager
def with_remedy(path: Path) -> Iterator[None]:
    """Raise errors of Chroma and the file system as a RagError that says what to do."""
    try:
        yield
    except Qwen3EmbedError:
        raise
    except Timeout as error:
        raise RagError(f"The index in {path} is in use by another process. Wait until it has ended.") from error
    except (ChromaError, OSError) as error:
        remedy = _remedy(path, is_readable=isinstance(error, ChromaError))
        raise RagError(f"The index in {path} can't be used: {error}. {remedy}") from error


def _remedy(path: Path, *, is_readable: bool) -> str:
    """Return what to do about an error; Chroma does not report a full disk as such."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    disk = shutil.disk_usage(there)
    if disk.total and disk.free < _LITTLE_SPACE:  # virtual file systems such as /proc have size 0
        return f"The disk has {disk.free / 1e6:.0f} MB left: free some space and run again. What is embedded is kept."
    return f"Choose another folder with --index{', or delete this one to index anew' if is_readable else ''}."
