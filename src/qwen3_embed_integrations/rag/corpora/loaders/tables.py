"""Turn the records of a table into blocks that each begin with the table's header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

_SIZE = 1_200  # characters of a block: about 400 tokens, so that a citation names few cells


def table_blocks(records: Iterable[Sequence[str]]) -> Iterator[tuple[str, int, int, int]]:
    """Yield (text, first record, last record, number of columns) for parts of a table, counted from 1.

    The first record with text is the header and begins every part. Records without text are left out.
    """
    header, lines, first, last, width, size = "", list[str](), 0, 0, 1, 0
    for number, record in enumerate(records, start=1):
        cells = [" ".join(cell.split()) for cell in record]
        line = " | ".join(cells).rstrip(" |")
        if not any(cells):
            continue
        width = max(width, len(cells))
        if not header:
            header, first, last = line, number, number
            continue
        if lines and size + len(line) > _SIZE:
            yield "\n".join([header, *lines]), first, last, width
            lines, size, first = [], 0, number
        lines.append(line)
        size, last = size + len(line), number
    if header:
        yield "\n".join([header, *lines]), first, last, width


def column_name(number: int) -> str:
    """Return the letters of a sheet's column, from 1 for "A".

    Example:
        >>> column_name(28)
        'AB'
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
