"""Token sequences laid end to end: no pad token, no dense mask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .types import IntArray


@dataclass(frozen=True)
class PackedBatch:
    """Sequences laid end to end.

    Attributes:
        input_ids: `[tokens]`.
        position_ids: `[tokens]`, counted from each sequence's own start, prefix included.
        cu_seqlens: `[n + 1]`, where each sequence starts and the last one ends (flash-attention's meaning).
        prefix: Token ids that every sequence continues: they stand before each, and in none of the arrays.
    """

    input_ids: IntArray
    position_ids: IntArray
    cu_seqlens: IntArray
    prefix: tuple[int, ...] = ()

    @property
    def lengths(self) -> IntArray:
        """Tokens of each sequence, `[n]`."""
        return np.diff(self.cu_seqlens)

    def without_prefix(self) -> PackedBatch:
        """Gives the same batch with the prefix written out before each sequence."""
        parts = np.split(self.input_ids, self.cu_seqlens[1:-1])
        return pack([[*self.prefix, *ids.tolist()] for ids in parts]) if self.prefix else self


def pack(sequences: Sequence[Sequence[int]], prefix: tuple[int, ...] = ()) -> PackedBatch:
    """Lays `sequences` (each of at least one token) end to end, in their order; each continues `prefix`."""
    lengths = np.fromiter((len(ids) for ids in sequences), dtype=np.int64, count=len(sequences))
    cu_seqlens = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    input_ids = np.concatenate([np.asarray(ids, dtype=np.int64) for ids in sequences])
    position_ids = np.arange(len(input_ids), dtype=np.int64) - np.repeat(cu_seqlens[:-1], lengths) + len(prefix)
    return PackedBatch(input_ids, position_ids, cu_seqlens, prefix)


def fill_budget(lengths: Iterable[int], max_batch_tokens: int) -> int:
    """Gives how many of the first `lengths` (at least one) fit into one batch.

    At least 1, so that a sequence longer than the budget goes alone.
    """
    count = total = 0
    for length in lengths:
        total += length
        if count and total > max_batch_tokens:
            break
        count += 1
    return count
