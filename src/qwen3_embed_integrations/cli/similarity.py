"""`qwen3-embed similarity`: a matrix of cosine similarities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.text import Text

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.safe_text import safe_line
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.evaluation import check_picture, plot_similarity

from .tables import show_json, show_table

_SHADES = ((0.8, "bold green"), (0.6, "green"), (0.4, "yellow"), (-1.0, "dim"))
_NAME_WIDTH, _CELL_WIDTH = 5, 7  # characters, the space between columns included


class SimilarityOptions(BaseModel):
    """The options of the command `similarity` beside the texts and the encoder's options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: tuple[str, ...] = Field(
        (), description="Query to compare the texts with, under --task. Repeat it for more queries."
    )
    plot: Path | None = Field(None, description="Plot the matrix as a heat map to a .png, .svg or .pdf file.")
    as_json: bool = Field(default=False, description="Print the matrix as JSON.")


def run_similarity(texts: Sequence[str], config: EncoderConfig, options: SimilarityOptions) -> None:
    """Print the cosine similarities of texts to texts, or of queries to texts.

    Raises:
        ConfigError: If there are too few texts, or the plot can't be written.
    """
    if len(texts) < (1 if options.query else 2):
        raise ConfigError("There is nothing to compare: give two texts or more, or --query with one or more.")
    if options.plot:
        check_picture(options.plot)
    encoder = Qwen3Encoder(config)
    columns = encoder.encode_document(texts)
    rows = encoder.encode_query(options.query) if options.query else columns
    scores = encoder.similarity(rows, columns)
    if options.plot:
        plot_similarity(scores, options.query or texts, texts, options.plot)
    if options.as_json:
        queries = {"queries": list(options.query)} if options.query else {}
        show_json({**queries, "texts": list(texts), "similarity": [[float(score) for score in row] for row in scores]})
    else:
        _show(scores, options.query, texts)


def _show(scores: FloatArray, queries: Sequence[str], texts: Sequence[str]) -> None:
    """Print the texts with their numbers, then the matrix under these numbers, as many columns at once as fit."""
    console = Console(highlight=False)
    names = [f"q{number}" for number in range(1, len(queries) + 1)]
    numbers = [str(number) for number in range(1, len(texts) + 1)]
    for name, text in [*zip(names, queries, strict=True), *zip(numbers, texts, strict=True)]:
        console.print(Text(f"{name:>3}  {safe_line(text)}"), overflow="ellipsis", no_wrap=True)
    at_once = max(1, (console.width - _NAME_WIDTH) // _CELL_WIDTH)
    for first in range(0, len(numbers), at_once):
        part = slice(first, first + at_once)
        rows = [
            [Text(name), *(Text(f"{score:.2f}", style=_shade(float(score))) for score in row[part])]
            for name, row in zip(names or numbers, scores, strict=True)
        ]
        show_table({"": False} | dict.fromkeys(numbers[part], True), rows)


def _shade(score: float) -> str:
    return next(style for least, style in _SHADES if score >= least - 1e-6)
