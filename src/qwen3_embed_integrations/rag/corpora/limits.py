"""Limits that hold before and while a file is parsed, so that no file can exhaust memory or time."""

from __future__ import annotations

import zipfile
from pathlib import Path

from .blocks import UnreadableFileError

MAX_FILE_BYTES = 100_000_000
MAX_TEXT_CHARACTERS = 50_000_000
MAX_PAGES = 5_000
MAX_ZIP_ENTRIES = 10_000
MAX_INFLATED_BYTES = 512_000_000
MAX_ENTRY_BYTES = 128_000_000
MAX_RATIO = 200
"""Inflated to stored bytes of an entry over `_SMALL_ENTRY`; text reaches about 20, XML of a sheet about 60."""
MAX_MEMORY_BYTES = 2_000_000_000
"""Address space of the process that reads files."""

_SMALL_ENTRY = 1_000_000
_STEP = 1_000_000


def check_size(path: Path) -> None:
    """Raise UnreadableFileError if the file is larger than `MAX_FILE_BYTES`."""
    n_bytes = path.stat().st_size
    if n_bytes > MAX_FILE_BYTES:
        raise UnreadableFileError(f"has {n_bytes / 1e6:,.0f} MB; at most {MAX_FILE_BYTES / 1e6:,.0f} MB are read")


def check_zip(path: Path) -> None:
    """Inflate every entry of an archive and throw the bytes away: declared sizes can be wrong.

    Raises:
        UnreadableFileError: The archive is damaged or encrypted, or it is over one of the limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_entries(len(entries))
            total = 0
            for entry in entries:
                total += _inflated_size(archive, entry, MAX_INFLATED_BYTES - total)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise UnreadableFileError(f"is damaged, or no such file at all ({error})") from error
    except RuntimeError as error:  # zipfile's word for an encrypted entry
        raise UnreadableFileError("is protected by a password") from error
    except Exception as error:
        if isinstance(error, UnreadableFileError | OSError | MemoryError):
            raise
        raise UnreadableFileError(f"is damaged ({type(error).__name__}: {error})") from error  # zlib.error, lzma's


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one entry of an archive that `check_zip` has passed, or b"" if there is none of that name."""
    try:
        with archive.open(name) as file:
            return file.read(MAX_ENTRY_BYTES)
    except KeyError:
        return b""


def _check_entries(n_entries: int) -> None:
    if n_entries > MAX_ZIP_ENTRIES:
        raise UnreadableFileError(f"holds {n_entries:,} entries; at most {MAX_ZIP_ENTRIES:,} are read")


def _inflated_size(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> int:
    n_bytes = 0
    with archive.open(entry) as file:
        while step := file.read(_STEP):
            n_bytes += len(step)
            if n_bytes > min(left, MAX_ENTRY_BYTES):
                raise UnreadableFileError(
                    f"inflates to more than {min(left, MAX_ENTRY_BYTES) / 1e6:,.0f} MB ({entry.filename[:80]})"
                )
            if n_bytes > _SMALL_ENTRY and n_bytes > MAX_RATIO * max(entry.compress_size, 1):
                raise UnreadableFileError(f"inflates to over {MAX_RATIO} times its size ({entry.filename[:80]})")
    return n_bytes
