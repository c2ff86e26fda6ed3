"""Metrics as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .evaluator import RetrievalMetrics

_COLUMNS = ("dimension", "nDCG@10", "recall@1", "recall@10", "recall@100", "MRR@10", "bytes a vector")


def markdown_table(series: Mapping[str, Sequence[RetrievalMetrics]]) -> str:
    """Return a Markdown table with a row for each model and dimension, metrics in percent."""
    head = [*_first(series), *_COLUMNS]
    rule = ["---" if name == "model" else "--:" for name in head]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *_cells(series)))


def _first(series: Mapping[str, Sequence[RetrievalMetrics]]) -> tuple[str, ...]:
    return ("model",) if len(series) > 1 else ()


def _cells(series: Mapping[str, Sequence[RetrievalMetrics]]) -> list[list[str]]:
    return [
        [
            *((name,) if len(series) > 1 else ()),
            str(one.dimension),
            *(f"{100 * share:.1f}" for name, share in one.to_dict().items() if name != "dimension"),
            f"{4 * one.dimension:,}",
        ]
        for name, metrics in series.items()
        for one in metrics
    ]
