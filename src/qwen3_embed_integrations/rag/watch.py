"""Keep an index in step with a folder: after every change its files are read and synced again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from rich.console import Console

from qwen3_embed_integrations import Qwen3EmbedError
from qwen3_embed_integrations.core.errors import missing_extra

from .terminal import print_note

if TYPE_CHECKING:
    from watchfiles import Change

_SETTLED_MS = 400  # without a change, before a group of changes is taken as complete
_GROUPED_MS = 5_000  # at most, while changes keep coming
_TIMEOUT_MS = 500


def require_watch() -> None:
    """Check that watchfiles is installed.

    Raises:
        MissingExtraError: It is not.
    """
    try:
        import watchfiles  # noqa: F401 - asked for before anything is indexed
    except ImportError as error:
        raise missing_extra("watchfiles", "watch") from error


def follow(docs: Path, sync: Callable[[], None], notes: Console, stop: Event | None = None) -> None:
    """Call `sync` after every change below a folder, or of a file, until Ctrl-C.

    It is called once when the watching has begun, so that a change made just before is not missed. An error ends one
    sync, not the watching: a file may be half written.

    Args:
        docs: The folder or file.
        sync: Reads the documents and brings the index in step with them.
        notes: Where errors are printed.
        stop: Ends the watching when it is set.
    """
    from watchfiles import watch

    root = docs.absolute()
    folder = root if root.is_dir() else root.parent  # a program may replace a file by another of its name
    is_first = True
    for changes in watch(
        folder,
        watch_filter=lambda change, path: _concerns(root, change, path),
        debounce=_GROUPED_MS,
        step=_SETTLED_MS,
        stop_event=stop,
        rust_timeout=_TIMEOUT_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if not changes and not is_first:
            continue
        is_first = False
        try:
            sync()
        except Qwen3EmbedError as error:
            print_note(notes, str(error), "red")


def _concerns(root: Path, change: Change, path: str) -> bool:
    """Return whether a change is one of the documents: hidden files and folders are none."""
    del change
    changed = Path(path)
    if not root.is_dir():
        return changed == root
    return changed.is_relative_to(root) and not any(part[0] == "." for part in changed.relative_to(root).parts)
