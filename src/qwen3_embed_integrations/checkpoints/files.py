"""Read the files of a model folder: regular files only, of bounded size, so that nothing blocks or fills the memory."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from qwen3_embed_integrations.core.errors import CheckpointError

MAX_JSON_BYTES = 64_000_000  # the index of a large model has a megabyte, its tokenizer eleven
_AGAIN = "Copy or download the checkpoint again."
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; follow symbolic links, which the hub's cache consists of.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It is a pipe, socket, device or folder, or can't be opened.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CheckpointError(f"{path} can't be read ({error}). {_AGAIN}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CheckpointError(f"{path} can't be read (not a regular file). {_AGAIN}")
    return os.fdopen(descriptor, "rb")


def raise_for_special_files(folder: Path) -> None:
    """Check that `folder` contains only regular files and folders.

    Libraries open files by name: a tokenizer or weights file that is a pipe would block them for ever.

    Raises:
        CheckpointError: There is a pipe, socket or device, or a link that leads nowhere; the message names it.
    """
    try:
        for entry in folder.iterdir():
            mode = entry.stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise CheckpointError(f"{entry} is a pipe, socket or device, which no checkpoint contains. {_AGAIN}")
    except OSError as error:
        raise CheckpointError(f"{folder} can't be read ({error}). {_AGAIN}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object stored in a file of a checkpoint.

    Raises:
        CheckpointError: The file is missing, unreadable or too large, or its content is not a JSON object.
    """
    found = read_any_json(path)
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} holds a {type(found).__name__}, expected a JSON object.")
    return found


def read_any_json(path: Path) -> Any:
    """Return the JSON value stored in a file of a checkpoint.

    Raises:
        CheckpointError: The file is missing, unreadable or too large, or its content is not JSON.
    """
    try:
        return json.loads(read_text(path, MAX_JSON_BYTES))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path.parent} has no {path.name}. Name a folder in sentence-transformers or transformers format."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            f"{path} can't be read ({error}). The checkpoint is damaged: copy or download it again."
        ) from error


def read_text(path: Path, max_bytes: int) -> str:
    """Return the content of a UTF-8 text file.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: It can't be read.
        UnicodeDecodeError: It is not UTF-8.
        CheckpointError: It is no regular file, or longer than `max_bytes`.
    """
    with open_regular(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise CheckpointError(f"{path} is larger than {max_bytes / 1e6:g} MB, which no such file is. {_AGAIN}")
    return content.decode("utf-8")
