"""Token sequences laid end to end: no pad token, no dense mask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from .types import IntArray


@dataclass(frozen=True)
class PackedBatch:
    """Sequences laid end to end.

    Attributes:
        input_ids: `[tokens]` int64.
        position_ids: `[tokens]` int64, counted from the start of each sequence, prefix included.
        cu_seqlens: `[n + 1]` int64, the start of each sequence and the end of the last (as in flash-attention).
        prefix: Token ids that precede every sequence; the arrays leave them out.
    """

    input_ids: IntArray
    position_ids: IntArray
    cu_seqlens: IntArray
    prefix: tuple[int, ...] = ()

    @property
    def lengths(self) -> IntArray:
        """Number of tokens of each sequence, `[n]`, prefix excluded."""
        return np.diff(self.cu_seqlens)

    def without_prefix(self) -> PackedBatch:
        """Return the same batch with the prefix written out before each sequence."""
        parts = np.split(self.input_ids, self.cu_seqlens[1:-1])
        return pack([[*self.prefix, *ids.tolist()] for ids in parts]) if self.prefix else self


def pack(sequences: Sequence[Sequence[int]], prefix: tuple[int, ...] = ()) -> PackedBatch:
    """Return the sequences laid end to end, in their order.

    Args:
        sequences: Token ids, at least one for each sequence.
        prefix: Token ids that precede every sequence.
    """
    lengths = np.fromiter(map(len, sequences), dtype=np.int64, count=len(sequences))
    cu_seqlens = np.zeros(len(sequences) + 1, dtype=np.int64)
    lengths.cumsum(out=cu_seqlens[1:])
    input_ids = np.fromiter(chain.from_iterable(sequences), dtype=np.int64, count=cu_seqlens[-1])
    position_ids = np.arange(len(input_ids), dtype=np.int64) - np.repeat(cu_seqlens[:-1], lengths) + len(prefix)
    return PackedBatch(input_ids, position_ids, cu_seqlens, prefix)


def fill_budget(lengths: Iterable[int], max_batch_tokens: int) -> int:
    """Return how many of the first sequences fit into one batch.

    Return at least 1: a sequence longer than the budget gets a batch of its own.

    Args:
        lengths: Number of tokens of each sequence; at least one sequence.
        max_batch_tokens: Budget of the batch in tokens.
    """
    count = total = 0
    for length in lengths:
        total += length
        if count and total > max_batch_tokens:
            break
        count += 1
    return count
