"""Tables and JSON on standard output; every table is readable at 80 columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qwen3_embed_integrations.core.safe_text import safe_line
from qwen3_embed_integrations.evaluation import RetrievalMetrics

_METRICS = ("dimension", "nDCG@10", "R@1", "R@10", "R@100", "MRR@10", "bytes")


def show_json(value: Any) -> None:
    """Print a value as JSON, for other programs to read."""
    print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))  # noqa: T201 - it is the command's output


def show_table(columns: Mapping[str, bool], rows: Iterable[Sequence[str | Text]], notes: Iterable[str] = ()) -> None:
    """Print a table and notes below it.

    Args:
        columns: Header → whether it is a column of numbers, which are aligned to the right.
        rows: The cells of each row. A cell that is too long for the terminal is folded, never cut.
        notes: Lines below the table.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header, is_number in columns.items():
        table.add_column(header, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(safe_line(cell)) for cell in row))
    console = Console(highlight=False)
    console.print(table)
    for note in notes:
        console.print(Text(note))


def show_metrics(series: Mapping[str, Sequence[RetrievalMetrics]]) -> None:
    """Print a row for each model and dimension, metrics in percent; the model's name only where there are several."""
    names = {"model": False} if len(series) > 1 else {}
    rows = [[*([name] if names else []), *_cells(one)] for name, metrics in series.items() for one in metrics]
    show_table(names | dict.fromkeys(_METRICS, True), rows, ["R: recall; all metrics in percent. Bytes of a vector."])


def _cells(metrics: RetrievalMetrics) -> list[str]:
    shares = [value for name, value in metrics.to_dict().items() if name != "dimension"]
    return [str(metrics.dimension), *(f"{100 * share:.1f}" for share in shares), f"{4 * metrics.dimension:,}"]
