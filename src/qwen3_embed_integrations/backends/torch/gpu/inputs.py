"""A packed batch as one array of numbers, so that one copy brings it to the device; and the views of it there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch

from qwen3_embed_integrations.core.packing import PackedBatch
from qwen3_embed_integrations.core.types import IntArray

_ALIGNED = 2  # numbers of int64


@dataclass(frozen=True)
class InputShape:
    """How many numbers of each kind a batch has, padding included.

    Attributes:
        n_tokens: Token ids and positions.
        n_sequences: Sequences; those that only fill up are empty.
        n_prefix: Tokens of the shared prefix whose keys stand before each sequence's; 0 for none.
    """

    n_tokens: int
    n_sequences: int
    n_prefix: int = 0

    @property
    def sizes(self) -> tuple[int, ...]:
        """The size of each part, in the order of `DeviceInputs`."""
        n = self.n_sequences
        own = (self.n_tokens, self.n_tokens, n, n + 1)
        return (*own, n + 1, self.n_tokens, n) if self.n_prefix else own

    @property
    def starts(self) -> tuple[int, ...]:
        """The start of each part, and the end of the last one.

        Each starts at a multiple of 16 bytes: Triton compiles a kernel anew for a pointer that is aligned otherwise.
        """
        return tuple(accumulate((size + size % _ALIGNED for size in self.sizes), initial=0))

    @property
    def total(self) -> int:
        """All numbers."""
        return self.starts[-1]


@dataclass(frozen=True)
class DeviceInputs:
    """Views of the numbers on the device, int64 unless said otherwise.

    Attributes:
        ids: `[tokens]`.
        positions: `[tokens]`.
        wanted: `[n]`, the last token of each sequence.
        cu_seqlens_q: `[n + 1]` int32.
        cu_seqlens_k: `[n + 1]` int32; the very tensor `cu_seqlens_q` without a prefix.
        places: `[tokens]`, the row of each token's key; None without a prefix.
        starts: `[n]`, the row of each sequence's first key; None without a prefix.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    wanted: torch.Tensor
    cu_seqlens_q: torch.Tensor
    cu_seqlens_k: torch.Tensor
    places: torch.Tensor | None = None
    starts: torch.Tensor | None = None

    @classmethod
    def of(cls, numbers: torch.Tensor, shape: InputShape) -> DeviceInputs:
        """Return the views of the parts of `numbers`, `[shape.total]` int64 on the device."""
        starts = shape.starts
        parts = [numbers[start : start + size] for start, size in zip(starts, shape.sizes, strict=False)]
        if not shape.n_prefix:
            bounds = parts[3].to(torch.int32)
            return cls(parts[0], parts[1], parts[2], bounds, bounds)
        n_bounds = shape.n_sequences + 1
        both = numbers[starts[3] : starts[4] + n_bounds].to(torch.int32)  # one launch for both
        bounds, key_bounds = both[:n_bounds], both[-n_bounds:]
        return cls(parts[0], parts[1], parts[2], bounds, key_bounds, parts[5], parts[6])


def write_inputs(batch: PackedBatch, shape: InputShape, out: IntArray) -> None:
    """Write a batch's numbers.

    Tokens that fill up belong to no sequence; sequences that fill up are empty and want the first token, which nobody
    reads.

    Args:
        batch: At most as many tokens and sequences as `shape`.
        shape: What to fill up to.
        out: `[shape.total]` int64.
    """
    n, n_tokens, n_prefix = len(batch.lengths), len(batch.input_ids), shape.n_prefix
    starts = shape.starts
    out[: starts[-1]] = 0
    out[:n_tokens] = batch.input_ids
    out[starts[1] : starts[1] + n_tokens] = batch.position_ids
    out[starts[2] : starts[2] + n] = batch.cu_seqlens[1:] - 1
    bounds = np.full(shape.n_sequences + 1, batch.cu_seqlens[-1])
    bounds[: n + 1] = batch.cu_seqlens
    out[starts[3] : starts[3] + len(bounds)] = bounds
    if n_prefix:
        key_bounds = bounds + n_prefix * np.minimum(np.arange(shape.n_sequences + 1), n)
        sequence = np.repeat(np.arange(n), batch.lengths)
        out[starts[4] : starts[4] + len(bounds)] = key_bounds
        out[starts[5] : starts[5] + n_tokens] = np.arange(n_tokens) + n_prefix * (sequence + 1)
        out[starts[6] : starts[6] + shape.n_sequences] = key_bounds[:-1]
