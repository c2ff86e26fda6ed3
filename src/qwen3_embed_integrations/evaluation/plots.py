"""Pictures of figures and similarities, written to a file by the ending of its name."""

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
    """Refuses a picture that could not be written, before any time is spent on what it shows.

    Raises:
        ConfigError: Another ending than .png, .svg or .pdf, or no such folder.
        MissingExtraError: matplotlib is not installed.
    """
    if path.suffix.lower() not in _ENDINGS:
        raise ConfigError(f"The picture {path.name!r} should end in {', '.join(_ENDINGS)}.")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"There is no folder {str(path.absolute().parent)!r} for the picture. Make it first.")
    if find_spec("matplotlib") is None:
        raise missing_extra("matplotlib", "plot")


def plot_quality(series: Mapping[str, Sequence[RetrievalMetrics]], path: Path, title: str = "") -> None:
    """Draws nDCG@10 in percent against the dimension, a line for each model.

    Args:
        series: Figures by the name of their model.
        path: Where to; .png, .svg or .pdf.
        title: Above the picture.
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
    axes.set_xlabel("dimension of a row")
    axes.set_ylabel("nDCG@10, percent")
    axes.set_title(title)
    axes.grid(visible=True, alpha=0.3)
    axes.margins(x=0.1, y=0.12)
    if len(series) > 1:
        axes.legend()
    _save(figure, path)


def plot_similarity(scores: FloatArray, rows: Sequence[str], columns: Sequence[str], path: Path) -> None:
    """Draws a heat map of `scores`, `[n, m]`, each cell with its number.

    Args:
        scores: Cosine similarities.
        rows: The n texts of the rows.
        columns: The m texts of the columns.
        path: Where to; .png, .svg or .pdf.
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
