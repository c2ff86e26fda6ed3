"""`qwen3-embed eval`: retrieval metrics of a model on a user's own queries and relevance judgements."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.evaluation import (
    RetrievalDataset,
    check_picture,
    evaluate,
    markdown_table,
    plot_quality,
    read_dataset,
    read_pairs,
)

from .tables import show_json, show_metrics


class EvalOptions(BaseModel):
    """The options of the command `eval` beside the encoder's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: Path | None = Field(None, description="File with the columns query and positive. Or give the three files.")
    queries: Path | None = Field(None, description="File with the columns id and text.")
    documents: Path | None = Field(None, description="File with the columns id, text and optionally title.")
    judgements: Path | None = Field(
        None, description="File with the columns query_id, document_id and optionally score."
    )
    dimensions: tuple[int, ...] = Field(
        (), description="Dimension to measure at; repeat it for more. Default: the full one and powers of two below."
    )
    plot: Path | None = Field(None, description="Plot nDCG@10 against the dimension to a .png, .svg or .pdf file.")
    markdown: bool = Field(default=False, description="Print the table as Markdown.")
    as_json: bool = Field(default=False, description="Print the metrics as JSON.")


def run_eval(config: EncoderConfig, options: EvalOptions) -> None:
    """Measure the model and print its metrics.

    Raises:
        ConfigError: If no files are given, files that don't belong together, or a plot that can't be written.
        DataFileError: If a file is malformed; the message names the lines.
    """
    if options.markdown and options.as_json:
        raise ConfigError("Give --markdown or --json, not both.")
    if options.plot:
        check_picture(options.plot)
    dataset = _read(options)
    encoder = Qwen3Encoder(config)
    name = encoder.model_info.model
    metrics = evaluate(encoder, dataset, options.dimensions)
    if options.plot:
        plot_quality({name: metrics}, options.plot, name)
    sizes = {"queries": len(dataset.queries), "documents": len(dataset.documents)}
    if options.as_json:
        show_json({"model": name, **sizes, "metrics": [one.to_dict() for one in metrics]})
        return
    if options.markdown:
        print(markdown_table({name: metrics}), end="")  # noqa: T201 - it is the command's output
    else:
        show_metrics({name: metrics})
    print(f"{name}: {sizes['queries']:,} queries, {sizes['documents']:,} documents")  # noqa: T201 - the same


def _read(options: EvalOptions) -> RetrievalDataset:
    three = (options.queries, options.documents, options.judgements)
    if options.pairs and any(three):
        raise ConfigError("Give --pairs, or --queries with --documents and --judgements, not both.")
    if options.pairs:
        return read_pairs(options.pairs)
    queries, documents, judgements = three
    if queries is None or documents is None or judgements is None:
        raise ConfigError("There is nothing to measure on: give --pairs, or --queries, --documents and --judgements.")
    return read_dataset(queries, documents, judgements)
