"""Settings of a study: the lengths, overlaps, headers and borders that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from qwen3_embed_integrations.rag.corpora.chunking import ChunkOptions
from qwen3_embed_integrations.rag.options import By

_AIM = 25 / 32  # of the longest chunk's tokens: 400 of 512, as `ChunkOptions.limit` has it


@dataclass(frozen=True)
class Setting:
    """One way to cut documents.

    Attributes:
        size: The longest chunk, in tokens of the model.
        overlap: Share of a chunk that is repeated in the next one of a long section, in percent.
        headers: Whether title and heading path are embedded with each chunk.
        by: Where a chunk ends beside its length.
    """

    size: int = 512
    overlap: int = 15
    headers: bool = True
    by: By = "section"

    @property
    def name(self) -> str:
        """The setting in a table, as in "512 section, 15 %, headers"."""
        overlap = f", {self.overlap} %" if self.overlap else ""
        return f"{self.size} {self.by}{overlap}{', headers' if self.headers else ''}"

    @property
    def flags(self) -> str:
        """The flags of `qwen3-embed rag` that choose the setting."""
        options = self.chunk_options
        return f"--chunk-tokens {options.tokens} --chunk-overlap {options.overlap} --chunk-by {self.by}"

    @property
    def chunk_options(self) -> ChunkOptions:
        """The options of the chunker."""
        tokens = int(self.size * _AIM)
        return ChunkOptions(tokens, tokens * self.overlap // 100, self.by, headers=self.headers)


PRESENT = Setting()
"""What `qwen3-embed rag` does unless it is told otherwise; every other setting is compared with it."""


def all_settings(
    sizes: Sequence[int], overlaps: Sequence[int], headers: Sequence[bool], borders: Sequence[By]
) -> list[Setting]:
    """Return the present setting, then every other combination of the values, in their order."""
    found = [Setting(*values) for values in product(sizes, overlaps, headers, borders)]
    return list(dict.fromkeys([PRESENT, *found]))
