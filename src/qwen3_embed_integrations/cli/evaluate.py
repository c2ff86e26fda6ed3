"""`qwen3-embed eval`: a model on a user's own queries and judgements."""

from __future__ import annotations

from pathlib import Path

import typer
from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.evaluation import (
    RetrievalDataset,
    check_picture,
    evaluate,
    markdown_table,
    plot_quality,
    read_dataset,
    read_pairs,
    terminal_table,
)


class EvalOptions(BaseModel):
    """What the command `eval` takes beside the encoder's options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: Path | None = Field(None, description="File with the columns query and positive; or give the three files.")
    queries: Path | None = Field(None, description="File with the columns id and text.")
    documents: Path | None = Field(None, description="File with the columns id, text and perhaps title.")
    judgements: Path | None = Field(None, description="File with the columns query_id, document_id and perhaps score.")
    dimensions: tuple[int, ...] = Field(
        (), description="Embedding length to measure at; give it several times. None: the full one and powers of two."
    )
    plot: Path | None = Field(None, description="Picture of nDCG@10 against the dimension: .png, .svg or .pdf.")
    markdown: bool = Field(default=False, description="Print the table as Markdown.")


def run_eval(config: EncoderConfig, options: EvalOptions) -> None:
    """Measures and prints.

    Raises:
        ConfigError: Files that don't belong together, or a picture that can't be written.
        DataFileError: A malformed file; the message names the lines.
    """
    if options.plot:
        check_picture(options.plot)
    dataset = _read(options)
    encoder = Qwen3Encoder(config)
    metrics = {encoder.model_info.model: evaluate(encoder, dataset, options.dimensions)}
    if options.markdown:
        typer.echo(markdown_table(metrics), nl=False)
    else:
        Console().print(terminal_table(metrics))
    typer.echo(f"{encoder.model_info.model}: {len(dataset.queries):,} queries, {len(dataset.documents):,} documents")
    if options.plot:
        plot_quality(metrics, options.plot, encoder.model_info.model)


def _read(options: EvalOptions) -> RetrievalDataset:
    three = (options.queries, options.documents, options.judgements)
    if options.pairs and any(three):
        raise ConfigError("Give --pairs, or --queries with --documents and --judgements, not both.")
    if options.pairs:
        return read_pairs(options.pairs)
    queries, documents, judgements = three
    if queries is None or documents is None or judgements is None:
        raise ConfigError("There is nothing to measure with: give --pairs, or --queries, --documents and --judgements.")
    return read_dataset(queries, documents, judgements)
