"""`qwen3-embed similarity`: a matrix of cosines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.evaluation import check_picture, plot_similarity

_SHADES = ((0.8, "bold green"), (0.6, "green"), (0.4, "yellow"), (-1.0, "dim"))


class SimilarityOptions(BaseModel):
    """What the command `similarity` takes beside the encoder's options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: tuple[str, ...] = Field((), description="The texts.", json_schema_extra={"argument": True})
    query: tuple[str, ...] = Field(
        (), description="A query to compare the texts with, under --task; give it several times for several."
    )
    plot: Path | None = Field(None, description="Heat map of the matrix: .png, .svg or .pdf.")


def run_similarity(config: EncoderConfig, options: SimilarityOptions) -> None:
    """Prints the matrix of texts to texts, or of queries to texts, and draws it where asked.

    Raises:
        ConfigError: Too few texts, or a picture that can't be written.
    """
    if len(options.texts) < (1 if options.query else 2):
        raise ConfigError("There is nothing to compare: give two texts or more, or --query with one or more.")
    if options.plot:
        check_picture(options.plot)
    encoder = Qwen3Encoder(config)
    columns = encoder.encode_document(options.texts)
    rows = encoder.encode_query(options.query) if options.query else columns
    scores = encoder.similarity(rows, columns)
    _show(scores, options.query, options.texts)
    if options.plot:
        plot_similarity(scores, options.query or options.texts, options.texts, options.plot)


def _show(scores: FloatArray, queries: Sequence[str], texts: Sequence[str]) -> None:
    """Prints the texts with their numbers, then the matrix under these numbers."""
    console = Console()
    names = [f"q{number}" for number in range(1, len(queries) + 1)]
    numbers = [str(number) for number in range(1, len(texts) + 1)]
    for name, text in [*zip(names, queries, strict=True), *zip(numbers, texts, strict=True)]:
        console.print(Text(f"{name:>3}  {' '.join(text.split())}"), overflow="ellipsis", no_wrap=True)
    table = Table("", *numbers)
    for name, row in zip(names or numbers, scores, strict=True):
        table.add_row(name, *(Text(f"{score:.2f}", style=_shade(float(score)), justify="right") for score in row))
    console.print(table)


def _shade(score: float) -> str:
    return next(style for least, style in _SHADES if score >= least - 1e-6)
