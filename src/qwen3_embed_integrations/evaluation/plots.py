"""Plot metrics and similarities to a .png, .svg or .pdf file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qwen3_embed_integrations.core.errors import ConfigError, missing_extra
from qwen3_embed_integrations.core.types import FloatArray

from .evaluator import RetrievalMetrics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ENDINGS = (".png", ".svg", ".pdf")
_LABEL_LENGTH = 40  # characters of a text beside a heat map


def check_picture(path: Path) -> None:
    """Refuse a path that a plot could not be written to, before anything is computed for it.

    Raises:
        ConfigError: If the suffix is not .png, .svg or .pdf, or the folder does not exist.
        MissingExtraError: If matplotlib is not installed.
    """
    if path.suffix.lower() not in _ENDINGS:
        raise ConfigError(f"The picture {path.name!r} has the suffix {path.suffix!r}, expected {', '.join(_ENDINGS)}.")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"The folder {str(path.absolute().parent)!r} does not exist. Create it first.")
    if find_spec("matplotlib") is None:
        raise missing_extra("matplotlib", "plot")


def plot_quality(series: Mapping[str, Sequence[RetrievalMetrics]], path: Path, title: str = "") -> None:
    """Plot nDCG@10 in percent against the dimension, one line for each model.

    Args:
        series: Metrics by the name of their model.
        path: File to write: .png, .svg or .pdf.
        title: Title of the plot.
    """
    figure = _figure(7.0, 4.2)
    axes = figure.add_subplot()
    for name, metrics in series.items():
        ordered = sorted(metrics, key=lambda one: one.dimension)
        shown = [100 * one.ndcg_at_10 for one in ordered]
        axes.plot([one.dimension for one in ordered], shown, marker="o", label=name)
        axes.annotate(f"{shown[-1]:.1f}", (ordered[-1].dimension, shown[-1]), (5, 4), textcoords="offset points")
    dimensions = sorted({one.dimension for metrics in series.values() for one in metrics})
    axes.set_xscale("log", base=2)
    axes.set_xticks(dimensions, [str(dimension) for dimension in dimensions])
    axes.set_xlabel("dimension")
    axes.set_ylabel("nDCG@10, percent")
    axes.set_title(title)
    axes.grid(visible=True, alpha=0.3)
    axes.margins(x=0.1, y=0.12)
    if len(series) > 1:
        axes.legend()
    _save(figure, path)


def plot_similarity(scores: FloatArray, rows: Sequence[str], columns: Sequence[str], path: Path) -> None:
    """Plot a heat map of a similarity matrix, each cell with its number.

    Args:
        scores: Cosine similarities, `[n, m]`.
        rows: The n texts of the rows.
        columns: The m texts of the columns.
        path: File to write: .png, .svg or .pdf.
    """
    figure = _figure(3.5 + 0.9 * len(columns), 2.2 + 0.6 * len(rows))
    axes = figure.add_subplot()
    lowest = min(0.0, float(scores.min()))
    image = axes.imshow(scores, cmap="viridis", vmin=lowest, vmax=1.0, aspect="auto")
    axes.set_xticks(range(len(columns)), [_label(text) for text in columns], rotation=30, ha="right")
    axes.set_yticks(range(len(rows)), [_label(text) for text in rows])
    middle = lowest + 0.6 * (1.0 - lowest)
    for (row, column), score in np.ndenumerate(scores):
        colour = "black" if score > middle else "white"
        axes.text(column, row, f"{score:.2f}", ha="center", va="center", color=colour)
    figure.colorbar(image, label="cosine similarity")
    _save(figure, path)


def plot_differences(rows: Sequence[tuple[str, float, float, float]], path: Path, title: str = "") -> None:
    """Plot differences of shares with their intervals, in percentage points, one row below the other.

    Args:
        rows: (name, difference, low end, high end), the first one at the top. An interval that holds 0 is grey.
        path: File to write: .png, .svg or .pdf.
        title: Title of the plot.
    """
    figure = _figure(7.0, 1.4 + 0.35 * len(rows))
    axes = figure.add_subplot()
    for number, (_, difference, low, high) in enumerate(rows):
        colour = "tab:gray" if low <= 0 <= high else "tab:blue"
        axes.plot([100 * low, 100 * high], [number, number], color=colour, linewidth=2)
        axes.plot([100 * difference], [number], marker="o", color=colour)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [_label(name) for name, *_ in rows])
    axes.invert_yaxis()
    axes.set_xlabel("percentage points, with 95 % intervals; grey: not distinguishable")
    axes.set_title(title)
    axes.grid(visible=True, axis="x", alpha=0.3)
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "qwen3-embed", "svg.fonttype": "none"}):  # the same picture, the same file
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def _label(text: str) -> str:
    text = " ".join(text.split()).replace("$", r"\$")  # matplotlib reads $…$ as a formula
    return text if len(text) <= _LABEL_LENGTH else f"{text[: _LABEL_LENGTH - 1]}…"
