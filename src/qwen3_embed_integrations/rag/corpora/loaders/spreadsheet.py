"""Read spreadsheets (.xlsx, .xls, .xlsb, .ods) sheet by sheet."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from qwen3_embed_integrations.rag.corpora.blocks import Block, UnreadableFileError
from qwen3_embed_integrations.rag.corpora.limits import MAX_TEXT_CHARACTERS, check_zip

from .tables import column_name, table_blocks


def read_spreadsheet(path: Path) -> Iterator[Block]:
    """Yield a heading and the table of every sheet that has text.

    Raises:
        UnreadableFileError: The file is damaged, protected or over a limit.
    """
    if zipfile.is_zipfile(path):
        check_zip(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets = [(name, workbook.get_sheet_by_name(name)) for name in workbook.sheet_names]
    except Exception as error:  # calamine has many exceptions without a common parent
        raise UnreadableFileError(f"is no spreadsheet that can be read ({type(error).__name__}: {error})") from error
    n_characters = 0
    for name, sheet in sheets:
        first_row, first_column = sheet.start or (0, 0)
        records = ([_shown(value) for value in record] for record in sheet.iter_rows())
        for number, (text, first, last, width) in enumerate(table_blocks(records)):
            n_characters += len(text)
            if n_characters > MAX_TEXT_CHARACTERS:
                raise UnreadableFileError(f"holds more than {MAX_TEXT_CHARACTERS:,} characters")
            if not number:
                yield Block(name, "heading", level=1, sheet=name)
            # calamine drops empty rows above the first with text, and columns left of it
            cells = f"{column_name(first_column + 1)}{first_row + first}:"
            cells += f"{column_name(first_column + width)}{first_row + last}"
            yield Block(text, "table", sheet=name, cell=cells)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)
