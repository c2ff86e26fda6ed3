"""Causal attention over packed sequences on a CPU: no pad token, no dense mask."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby, pairwise

import torch
from torch.nn.functional import scaled_dot_product_attention

from .block_attention import LONG, block_attention
from .thread_team import ThreadTeam, share


@dataclass(frozen=True)
class Layout:
    """The positions of the sequences in a packed batch.

    Attributes:
        runs: (first token, number of sequences, tokens of each) of each run of neighbours of equal length.
        cu_seqlens: `[n + 1]` int32 on the model's device: the start of each sequence and the end of the last one.
        max_seqlen: Length of the longest sequence, in tokens.
    """

    runs: tuple[tuple[int, int, int], ...]
    cu_seqlens: torch.Tensor
    max_seqlen: int

    @classmethod
    def of(cls, lengths: list[int], cu_seqlens: torch.Tensor) -> Layout:
        """Return the layout of sequences of these lengths, laid end to end, with bounds `cu_seqlens`, `[n + 1]`."""
        runs, start = [], 0
        for length, group in groupby(lengths):
            count = len(list(group))
            runs.append((start, count, length))
            start += count * length
        return cls(tuple(runs), cu_seqlens.to(torch.int32), max(lengths))


@dataclass(frozen=True)
class KeysValues:
    """One layer's keys and values of some tokens, `[tokens, num_key_value_heads, head_dim]` each."""

    key: torch.Tensor
    value: torch.Tensor


PrefixStates = tuple[KeysValues, ...]
"""The keys and values of a shared prefix in each layer; () for none."""


def causal_attention(  # noqa: PLR0913, PLR0917 - torch's own arguments, and the prefix
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    scale: float,
    layout: Layout,
    prefix: KeysValues | None = None,
    *,
    in_bfloat16: bool = False,
) -> torch.Tensor:
    """Compute causal attention within each sequence, with one call of torch's dense kernel for each run of lengths.

    Args:
        query: `[tokens, num_attention_heads, head_dim]`; tokens after the layout's last sequence are padding.
        key: `[tokens, num_key_value_heads, head_dim]`.
        value: The shape of `key`.
        scale: Factor of the attention scores.
        layout: The sequences' positions.
        prefix: Keys and values of the tokens that precede every sequence; None if there are none.
        in_bfloat16: Whether the products of long sequences may be computed in bfloat16, whatever `query` is in.

    Returns:
        `[tokens, num_attention_heads, head_dim]`, zeros for padding.
    """
    out = torch.empty_like(query, memory_format=torch.contiguous_format)
    end, heads, kv_heads = 0, query.shape[1:], key.shape[1:]
    for start, count, length in layout.runs:
        end = start + count * length
        q = query[start:end].view(count, length, *heads).transpose(1, 2)
        k = key[start:end].view(count, length, *kv_heads).transpose(1, 2)
        v = value[start:end].view(count, length, *kv_heads).transpose(1, 2)
        attend = _block_attention if in_bfloat16 and length >= LONG else _dense_attention
        mixed = attend(q, k, v, scale, prefix)
        out[start:end].view(count, length, *heads).copy_(mixed.transpose(1, 2))
    out[end:] = 0
    return out


def shared_attention(  # noqa: PLR0913, PLR0917 - as above, and who shares the heads
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    layout: Layout,
    prefix: KeysValues | None = None,
    thread_team: ThreadTeam | None = None,
    *,
    scale: float,
    in_bfloat16: bool = False,
) -> torch.Tensor:
    """Compute `causal_attention`, its heads shared by the threads of a team if there is one."""
    attend = partial(causal_attention, scale=scale, layout=layout, in_bfloat16=in_bfloat16)
    if thread_team is None:
        return attend(query, key, value, prefix=prefix)
    mixed = torch.empty(query.shape, dtype=query.dtype, device=query.device)
    num_key_value_heads, shared_by = key.shape[1], query.shape[1] // key.shape[1]

    def fill(first: int, end: int) -> None:
        own, kv = slice(first * shared_by, end * shared_by), slice(first, end)
        part = None if prefix is None else KeysValues(prefix.key[:, kv], prefix.value[:, kv])
        mixed[:, own] = attend(query[:, own], key[:, kv], value[:, kv], prefix=part)

    bounds = [round(num_key_value_heads * number / thread_team.count) for number in range(thread_team.count + 1)]
    share([partial(fill, first, end) for first, end in pairwise(bounds)], thread_team)
    return mixed


def last_token_attention(  # noqa: PLR0913, PLR0917 - as above
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    scale: float,
    layout: Layout,
    prefix: KeysValues | None = None,
) -> torch.Tensor:
    """Compute the attention of each sequence's last token, which sees all others.

    Args:
        query: `[n, num_attention_heads, head_dim]` of the last tokens, in the order of the sequences; rows after the
            layout's last sequence are padding.
        key: `[tokens, num_key_value_heads, head_dim]`.
        value: The shape of `key`.
        scale: Factor of the attention scores.
        layout: The sequences' positions.
        prefix: Keys and values of the tokens that precede every sequence; None if there are none.

    Returns:
        The shape of `query`, zeros for padding.
    """
    out = torch.empty_like(query, memory_format=torch.contiguous_format)
    at, kv_heads = 0, key.shape[1:]
    for start, count, length in layout.runs:
        end = start + count * length
        k = key[start:end].view(count, length, *kv_heads).transpose(1, 2)
        v = value[start:end].view(count, length, *kv_heads).transpose(1, 2)
        if prefix is not None:
            k, v = _after_prefix(prefix, k, v)
        q = query[at : at + count, :, None]
        out[at : at + count] = scaled_dot_product_attention(q, k, v, scale=scale, enable_gqa=True)[:, :, 0]
        at += count
    out[at:] = 0
    return out


def _block_attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float, prefix: KeysValues | None
) -> torch.Tensor:
    """Compute `_dense_attention` of long sequences, each by blocks."""
    if prefix is not None:
        key, value = _after_prefix(prefix, key, value)
    return torch.stack([block_attention(*heads, scale) for heads in zip(query, key, value, strict=True)])


def _dense_attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float, prefix: KeysValues | None
) -> torch.Tensor:
    """Compute causal attention of equally long sequences, `[n, heads, tokens, head_dim]`, after their prefix."""
    if prefix is None:
        return scaled_dot_product_attention(query, key, value, is_causal=True, scale=scale, enable_gqa=True)
    key, value = _after_prefix(prefix, key, value)
    unseen = _unseen(query.shape[2], key.shape[2], query.dtype, query.device)
    return scaled_dot_product_attention(query, key, value, attn_mask=unseen, scale=scale, enable_gqa=True)


def _after_prefix(prefix: KeysValues, key: torch.Tensor, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return keys and values, `[n, heads, tokens, head_dim]`, with those of the prefix before them."""
    shape = (len(key), -1, -1, -1)
    return (
        torch.cat((prefix.key.transpose(0, 1).expand(shape), key), dim=2),
        torch.cat((prefix.value.transpose(0, 1).expand(shape), value), dim=2),
    )


@lru_cache(maxsize=64)  # the same for every layer; sequences after a prefix are short
def _unseen(n_own: int, n_all: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Return the additive mask of the last `n_own` of `n_all` tokens, `[n_own, n_all]`: -inf for later tokens."""
    return torch.full((n_own, n_all), float("-inf"), dtype=dtype, device=device).triu(n_all - n_own + 1)
