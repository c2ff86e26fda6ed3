"""Read comma- or tab-separated values with whatever delimiter the file uses."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from qwen3_embed_integrations.rag.corpora.blocks import Block
from qwen3_embed_integrations.rag.corpora.decoding import decode

from .tables import column_name, table_blocks

_SAMPLE = 64_000  # characters
_DELIMITERS = ",;\t|"
_MAX_FIELD = 10_000_000  # characters; csv's own limit of 131,072 refuses a cell with a long text


def read_delimited(path: Path) -> Iterator[Block]:
    """Yield the table in parts, each with its header; `cell` names its cells."""
    text = decode(path.read_bytes())
    csv.field_size_limit(_MAX_FIELD)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text[:_SAMPLE], path))
    for block, first, last, width in table_blocks(records):
        yield Block(block, "table", cell=f"A{first}:{column_name(width)}{last}")


def _delimiter(sample: str, path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    try:
        return csv.Sniffer().sniff(sample, _DELIMITERS).delimiter
    except csv.Error:
        first = sample.partition("\n")[0]
        return max(_DELIMITERS, key=first.count)
