"""Progress bars on standard error, drawn by tqdm where a caller asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from .core.errors import missing_extra

OnProgress = Callable[[int], None]
"""Called with the number of items done so far."""


def progress_bar(total: int, *, unit: str, description: str, shown: bool) -> AbstractContextManager[OnProgress | None]:
    """Return a context that draws a bar while its block runs; it is full when the block ends without an error.

    Args:
        total: Items in all.
        unit: What one item is called.
        description: Stands in front of the bar.
        shown: False draws nothing.

    Returns:
        A context that gives what to call with the number of items done so far; None where nothing is drawn. It raises
        MissingExtraError if tqdm is not installed.
    """
    return _drawn(total, unit, description) if shown else nullcontext()


@contextmanager
def _drawn(total: int, unit: str, description: str) -> Iterator[OnProgress]:
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise missing_extra("tqdm", "cli") from error
    with tqdm(total=total, unit=unit, desc=description) as bar:

        def on_progress(n_done: int) -> None:
            bar.update(n_done - bar.n)

        yield on_progress
        on_progress(total)
