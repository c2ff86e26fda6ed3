"""Lays the figures out as tables for a terminal."""

from __future__ import annotations

from rich.table import Table

from .evaluate import Figures

_TRANSLATION = "top-1 "


def tables(figures: Figures) -> list[Table]:
    """Return the retrieval table and, where measured, the X→English table."""
    retrieval = {name: column for name, column in figures.items() if not name.startswith(_TRANSLATION)}
    translation = {name: column for name, column in figures.items() if name.startswith(_TRANSLATION)}
    found = (("nDCG@10", "system", retrieval), ("X→English top-1", "language", translation))
    return [_table(title, first, columns) for title, first, columns in found if columns]


def _table(title: str, first: str, columns: Figures) -> Table:
    table = Table(title=title)
    table.add_column(first)
    for name in columns:
        table.add_column(name, justify="right")
    for row in next(iter(columns.values()), {}):
        table.add_row(row, *(f"{column[row]:.1f}" for column in columns.values()))
    return table
