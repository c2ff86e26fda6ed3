"""Causal attention over packed sequences: no pad token, no dense mask, on any device."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

NAME = "qwen3_packed"

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


def packed_attention(  # noqa: PLR0913 - the signature is transformers' AttentionInterface
    module: torch.nn.Module,  # noqa: ARG001 - same
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - causality within a sequence is all the mask there is
    *,
    scaling: float,
    runs: Runs,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Gives causal attention within each sequence.

    Args:
        module: The attention layer, unused.
        attention_mask: Unused: causality within a sequence is all the mask there is.
        query: `[1, heads, tokens, head_dim]`.
        key: `[1, kv_heads, tokens, head_dim]`.
        value: As `key`.
        scaling: Factor of the scores.
        runs: Where the sequences lie, from `equal_length_runs`.

    Returns:
        `[1, tokens, heads, head_dim]`, and no weights.
    """
    out = query.new_empty(1, query.shape[2], query.shape[1], query.shape[3])
    for start, count, length in runs:
        end = start + count * length
        q, k, v = (
            x[0, :, start:end].reshape(x.shape[1], count, length, -1).transpose(0, 1) for x in (query, key, value)
        )
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling, enable_gqa=True)
        out[0, start:end] = mixed.transpose(1, 2).flatten(0, 1)
    return out, None


AttentionInterface.register(NAME, packed_attention)
