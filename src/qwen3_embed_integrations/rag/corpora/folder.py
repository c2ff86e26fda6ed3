"""Read a folder of the user's files, or one file, as a corpus."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from qwen3_embed_integrations.core.errors import RagError

from .corpus import Corpus
from .loaders import READERS, UnreadableFileError, read_file

_SHOWN = 3


def folder_corpus(path: Path, *, skip_unreadable: bool = False) -> Corpus:
    """Return the documents of every readable file below `path`, or of the one file `path`.

    Hidden files and folders are skipped; links are followed, each real folder once.

    Args:
        path: A folder, or a file of a known format.
        skip_unreadable: List files that can't be read in `Corpus.skipped` instead of raising.

    Raises:
        RagError: The path does not exist, holds no text, or holds a file that can't be read.
    """
    files = _files(path)
    corpus = Corpus(name=str(path.resolve()), documents=[])
    unreadable: list[str] = []
    empty: list[str] = []
    for file in files:
        source = file.name if path.is_file() else file.relative_to(path).as_posix()
        try:
            documents = read_file(file, source)
        except UnreadableFileError as error:
            unreadable.append(f"{source} {error}")
            continue
        corpus.documents.extend(documents)
        if not documents:
            empty.append(f"{source} is empty")
    _raise_unreadable(path, unreadable if not skip_unreadable else [], found=bool(corpus.documents), empty=empty)
    return Corpus(corpus.name, corpus.documents, (*unreadable, *empty))


def _raise_unreadable(path: Path, unreadable: list[str], *, found: bool, empty: list[str]) -> None:
    if unreadable:
        more = f" and {len(unreadable) - _SHOWN} more" if len(unreadable) > _SHOWN else ""
        raise RagError(
            f"In {path}: {'; '.join(unreadable[:_SHOWN])}{more}. "
            "Repair or remove that, or leave it out with --skip-unreadable."
        )
    if not found:
        shown = f" ({'; '.join(empty[:_SHOWN])})" if empty else ""
        raise RagError(f"No text was found in {path}{shown}. Put {_suffixes()} files there.")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(_walk(path))
        if not found:
            raise RagError(f"{path} holds no {_suffixes()} files. Name a folder that does.")
        return found
    if not path.exists():
        raise RagError(f"{path} does not exist. Name a folder or file of documents: --docs PATH.")
    if path.suffix.lower() not in READERS:
        raise RagError(f"{path} is of no format that can be read here. Known are {_suffixes()}.")
    return [path]


def _walk(root: Path) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()  # real folders, so that a link to a parent folder ends here
    for folder, names, files in os.walk(root, followlinks=True, onerror=_raise_unlistable):
        status = os.stat(folder)  # noqa: PTH116 - Path.stat of a name that os.walk gave says nothing more
        if (status.st_dev, status.st_ino) in seen:
            names.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in READERS:
                yield Path(folder, name)


def _raise_unlistable(error: OSError) -> None:
    raise RagError(
        f"{error.filename} can't be listed ({error.strerror}). Give this user the right to read it."
    ) from error


def _suffixes() -> str:
    *most, last = READERS
    return f"{', '.join(most)} or {last}"
