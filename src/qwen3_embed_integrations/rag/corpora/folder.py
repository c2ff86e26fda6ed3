"""Read a folder of the user's files, or one file, as a corpus."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.core.safe_text import safe_line, safe_text

from .blocks import ParsedDocument, UnreadableFileError
from .corpus import Corpus
from .loaders.registry import NOT_DOCUMENTS, TEXT, readers
from .page_sources import merge_page_sources
from .reader_process import ReaderProcess

TIMEOUT_S = 60.0
_MARKUP = frozenset({".rst", ".md"})  # of text as in page.rst.txt
_SHOWN = 3
_MAX_REASON = 300  # characters of a parser's message
_SNIFFED = 8192  # bytes
_MAX_CONTROL = 0.1  # share of control characters above which a file of unknown suffix is binary data
_IRREGULAR = "special (pipe, socket or device)"
_BROKEN_LINK = "dangling (a link to nothing)"
_MINIFIED = frozenset({".js", ".mjs", ".cjs"})
_MINIFIED_LINE = 110  # mean length of a line above which github-linguist takes a script for minified
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\b\x1b")


FileMemory = dict[str, tuple[tuple[int, ...], ParsedDocument]]
"""Name in citations → what identifies the file's state, and the document read from it."""


@dataclass
class _Found:
    """What a walk finds.

    Attributes:
        files: (path, name in citations, reader) of each file to read.
        unreadable: Names and reasons of what can't be read.
        unknown: Number of files that are not read, by suffix.
    """

    files: list[tuple[Path, str, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)


def folder_corpus(
    path: Path,
    *,
    skip_unreadable: bool = False,
    given_readers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
    memory: FileMemory | None = None,
) -> Corpus:
    """Return the documents of every file below `path` that holds text, or of the one file `path`.

    Hidden files and folders are skipped; links are followed, each real folder once. Files are read in a child
    process with limits of time and memory.

    Args:
        path: A folder or a file.
        skip_unreadable: List files that can't be read in `Corpus.skipped` instead of raising.
        given_readers: Suffix without dot → "module:function", before this package's own readers.
        timeout_s: Seconds that reading one file may take.
        memory: Documents of an earlier call, whose files are read again only if they changed; it is updated.

    Raises:
        RagError: The path does not exist, holds no text, or holds a file that can't be read.
        ConfigError: A given reader can't be loaded.
    """
    found = _find(path, readers(given_readers or {}))
    documents, empty, read = list[ParsedDocument](), list[str](), FileMemory()
    with ReaderProcess(timeout_s) as process:
        for file, source, target in found.files:
            try:
                known = (memory or {}).get(source)
                stamp = _stamp(file)
                document = known[1] if known and known[0] == stamp else process.read(file, source, target)
                read[source] = stamp, document
            except UnreadableFileError as error:
                found.unreadable.append(f"{safe_text(source)} {safe_line(str(error), _MAX_REASON)}")
                continue
            if document.blocks:
                documents.append(document)
            else:
                empty.append(f"{safe_text(source)} is empty")
    if memory is not None:
        memory.clear()
        memory.update(read)
    if found.unreadable and not skip_unreadable:
        raise _unreadable(path, found.unreadable)
    if not documents:
        raise _nothing_found(path, found, empty)
    name = os.fsencode(path.resolve()).decode(errors="backslashreplace")
    distinct = merge_page_sources(documents)
    skipped, unknown = (*found.unreadable, *empty), tuple(found.unknown.most_common())
    return Corpus(name, distinct, skipped, unknown, len(documents) - len(distinct))


def _stamp(file: Path) -> tuple[int, ...]:
    """Return what changes when a file is written or replaced; () for a file that can't be looked at."""
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _unreadable(path: Path, unreadable: list[str]) -> RagError:
    more = f" and {len(unreadable) - _SHOWN} more" if len(unreadable) > _SHOWN else ""
    return RagError(
        f"In {safe_text(str(path))}: {'; '.join(unreadable[:_SHOWN])}{more}. "
        "Repair or remove that, or leave it out with --skip-unreadable."
    )


def _nothing_found(path: Path, found: _Found, empty: list[str]) -> RagError:
    reasons = [*found.unreadable, *empty]
    if found.unknown:
        reasons.append(f"not read: {unknown_files(found.unknown.most_common())}")
    shown = f" ({'; '.join(reasons[:_SHOWN])})" if reasons else ""
    return RagError(
        f"No text was found in {safe_text(str(path))}{shown}. Name a folder or file of documents: --docs PATH."
    )


def unknown_files(counts: Sequence[tuple[str, int]]) -> str:
    """Return the numbers of files by suffix, as in "12 .png, 3 .zip, 1 without suffix"."""
    return ", ".join(f"{count:,} {safe_text(suffix) or 'without suffix'}" for suffix, count in counts)


def _find(path: Path, known: Mapping[str, str]) -> _Found:
    found = _Found()
    if path.is_dir():
        for file in sorted(_walk(path, found)):
            _sort_in(file, _shown(os.path.relpath(file, path)), known, found)
    elif not path.exists():
        raise RagError(f"{safe_text(str(path))} does not exist. Name a folder or file of documents: --docs PATH.")
    else:
        _sort_in(path, _shown(path.name), known, found)
    return found


def _shown(name: str) -> str:
    """Return a file's name as Unicode text: bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(name).decode(errors="replace").replace(os.sep, "/")


def _sort_in(file: Path, source: str, known: Mapping[str, str], found: _Found) -> None:
    suffix = file.suffix.lower()
    inner = Path(file.stem).suffix.lower()
    target = known.get(inner if suffix == ".txt" and inner in _MARKUP else suffix)
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            found.unknown[_IRREGULAR] += 1
            return
        target = target or _sniffed(file)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and file.is_symlink():
            found.unknown[_BROKEN_LINK] += 1
        else:
            found.unreadable.append(f"{safe_text(source)} can't be opened ({error.strerror or error})")
        return
    if target is None or (suffix in NOT_DOCUMENTS and suffix not in known) or _is_minified(file, suffix):
        found.unknown[_shown(suffix)] += 1
    else:
        found.files.append((file, source, target))


def _sniffed(file: Path) -> str | None:
    """Return the reader of a file of unknown suffix: that of text, or None for binary data."""
    with file.open("rb") as opened:
        data = opened.read(_SNIFFED)
    if 0 in data or sum(byte in _CONTROL for byte in data) > _MAX_CONTROL * len(data):
        return None
    return TEXT


def _is_minified(file: Path, suffix: str) -> bool:
    """Return whether a script was written by a program, as search indexes and bundles are: its lines are very long."""
    if suffix not in _MINIFIED:
        return False
    try:
        with file.open("rb") as opened:
            data = opened.read(_SNIFFED)
    except OSError:
        return False
    return len(data) > _MINIFIED_LINE * (len(data.splitlines()) or 1)


def _walk(root: Path, found: _Found) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()  # real folders, so that a link to a parent folder ends here

    def note(error: OSError) -> None:
        name = safe_text(_shown(os.path.relpath(error.filename, root)))
        found.unreadable.append(f"{name} can't be listed ({error.strerror})")

    for folder, names, files in os.walk(root, followlinks=True, onerror=note):
        try:
            status = os.stat(folder)  # noqa: PTH116 - Path.stat of a name that os.walk gave says nothing more
        except OSError as error:
            note(error)
            names.clear()
            continue
        if (status.st_dev, status.st_ino) in seen:
            names.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        names[:] = sorted(name for name in names if not name.startswith("."))
        yield from (Path(folder, name) for name in files if not name.startswith("."))
