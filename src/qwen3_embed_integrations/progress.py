"""Progress bars on standard error, drawn by tqdm where a caller asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .core.errors import missing_extra

OnProgress = Callable[[int], None]
"""Called with the number of items done so far."""


@contextmanager
def progress_bar(total: int, *, unit: str, description: str, shown: bool) -> Iterator[OnProgress | None]:
    """Draw a bar while the block runs; it is full when the block ends without an error.

    Args:
        total: Items in all.
        unit: What one item is called.
        description: Stands in front of the bar.
        shown: False draws nothing.

    Yields:
        What to call with the number of items done so far; None where nothing is drawn.

    Raises:
        MissingExtraError: tqdm is not installed.
    """
    if not shown:
        yield None
        return
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise missing_extra("tqdm", "cli") from error
    with tqdm(total=total, unit=unit, desc=description) as bar:

        def on_progress(n_done: int) -> None:
            bar.update(n_done - bar.n)

        yield on_progress
        on_progress(total)
