"""Files that only their owner can read: created with mode 0600, or changed to it; never through a symbolic link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from qwen3_embed_integrations.core.errors import ConfigError

Identity = tuple[int, int]
"""Device and inode of a file; (0, 0) if there is none."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_OTHERS = 0o077


def identity(path: Path) -> Identity:
    """Return the identity of the file at `path`, not following a symbolic link.

    Raises:
        OSError: `path` can't be examined.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0, 0
    return found.st_dev, found.st_ino


def make_private(path: Path, *, create: bool, option: str = "cache_path") -> Identity:
    """Give the file at `path` mode 0600 and return its identity; return (0, 0) if there is none.

    Args:
        path: The file. Only its last component is checked: parent folders may be links.
        create: Create an empty file if there is none.
        option: Name of the option that gave the path, for the message.

    Raises:
        ConfigError: `path` is a symbolic link or no regular file, or others can read it and its mode can't be changed.
        OSError: The file can't be created or opened.
    """
    _raise_unless_regular(path, option)
    try:
        descriptor = os.open(path, _FLAGS | (os.O_CREAT if create else 0), 0o600)
    except FileNotFoundError:
        if create:
            raise
        return 0, 0
    except OSError:
        _raise_unless_regular(path, option)  # changed since the first check
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _unfit(option, path, "not a regular file")
        if stat.S_IMODE(found.st_mode) & _OTHERS and hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
    except PermissionError as error:
        raise _unfit(option, path, "readable by others and its mode can't be changed") from error
    finally:
        os.close(descriptor)
    return found.st_dev, found.st_ino


def _raise_unless_regular(path: Path, option: str) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise _unfit(option, path, "a symbolic link")
    if not stat.S_ISREG(mode):
        raise _unfit(option, path, "not a regular file")


def _unfit(option: str, path: Path, what: str) -> ConfigError:
    return ConfigError(f"{option}: {str(path)!r} is {what}. Name a regular file of your own, or one that is new.")
