"""Causal attention over packed sequences: no pad token, no dense mask, on any device."""

from __future__ import annotations

from itertools import groupby

import torch
from torch.nn.functional import scaled_dot_product_attention

Runs = tuple[tuple[int, int, int], ...]
"""(first token, number of sequences, tokens of each): neighbours of equal length attend in one call."""


def equal_length_runs(lengths: list[int]) -> Runs:
    """Gives the runs of neighbouring sequences of equal length."""
    runs, start = [], 0
    for length, group in groupby(lengths):
        count = len(list(group))
        runs.append((start, count, length))
        start += count * length
    return tuple(runs)


def causal_attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float, runs: Runs
) -> torch.Tensor:
    """Gives causal attention within each sequence.

    Args:
        query: `[tokens, heads, head_size]`.
        key: `[tokens, kv_heads, head_size]`.
        value: As `key`.
        scale: Factor of the scores.
        runs: Where the sequences lie, from `equal_length_runs`.

    Returns:
        `[tokens, heads, head_size]`.
    """
    out = torch.empty_like(query, memory_format=torch.contiguous_format)
    for start, count, length in runs:
        end = start + count * length
        q, k, v = (x[start:end].view(count, length, *x.shape[1:]).transpose(1, 2) for x in (query, key, value))
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=True)
        out[start:end].view(count, length, *out.shape[1:]).copy_(mixed.transpose(1, 2))
    return out
