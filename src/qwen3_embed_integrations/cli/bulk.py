"""`qwen3-embed embed`: the texts of files as a folder of embeddings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict

from qwen3_embed_integrations import EncoderConfig, TruncationWarning
from qwen3_embed_integrations.bulk import BulkOptions, run_bulk

from .errors import note
from .tables import show_json


def run_embed(inputs: Sequence[str], config: EncoderConfig, options: BulkOptions) -> None:
    """Embed the texts of inputs and print a summary.

    Raises:
        DataFileError: An input or the output can't be used; the message says what to do.
        SpaceMismatchError: The output holds embeddings of another space.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TruncationWarning)  # counted, and a column of the output
        summary = run_bulk(inputs, config, options)
    if options.as_json:
        show_json(asdict(summary))
        return
    shards = f"{summary.n_shards:,} {'shard' if summary.n_shards == 1 else 'shards'}"
    print(  # noqa: T201 - it is the command's output
        f"{summary.output}: {summary.n_records:,} records in {shards}, {summary.n_done_before:,} of them from an "
        f"earlier run; {summary.n_embedded:,} embedded now in {summary.seconds:,.1f} s."
    )
    if summary.n_cut:
        note(f"{summary.n_cut:,} texts were cut to {config.max_length} tokens: see the column truncated.")
    if summary.n_broken:
        note(f"{summary.n_broken:,} records hold no text and have no embedding: see the column error.")
