"""LangChain's FAISS store in a folder: three files that are replaced together, whenever the process is killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .faiss_label import write_label


def save_files(store: Any, folder: Path, index_name: str, space: Mapping[str, Any]) -> None:
    """Save the store and the description of its vector space; a process that is killed leaves the last save or this.

    `save_local` writes the index, then the documents: killed between them it leaves a new index with old documents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finish_save(folder, index_name)
    growing, whole = _growing(folder, index_name), _whole(folder, index_name)
    shutil.rmtree(growing, ignore_errors=True)  # of a process that was killed
    store.save_local(str(growing), index_name)
    write_label(growing / f"{index_name}.faiss", space)
    for path in growing.iterdir():
        _flush(path)
    growing.rename(whole)  # from here on the save counts
    finish_save(folder, index_name)


def is_unfinished(folder: Path, index_name: str) -> bool:
    """Return whether a save is complete, but its files are not all in their place yet."""
    return _whole(folder, index_name).is_dir()


def finish_save(folder: Path, index_name: str) -> bool:
    """Move the files of a save that is complete to their place; return whether there were any."""
    whole = _whole(folder, index_name)
    if not whole.is_dir():
        return False
    for path in sorted(whole.iterdir()):
        path.replace(folder / path.name)
    whole.rmdir()
    return True


def _growing(folder: Path, index_name: str) -> Path:
    return folder / f".{index_name}.saving"


def _whole(folder: Path, index_name: str) -> Path:
    return folder / f".{index_name}.saved"


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
