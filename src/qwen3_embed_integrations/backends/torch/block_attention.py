"""Causal attention of one long sequence on a CPU, block by block of queries, in products of bfloat16.

torch's dense kernel multiplies bfloat16 at a fifth of the rate that a CPU with AVX-512 BF16 has for plain products.
Here a block's scores are one product, rounded to bfloat16 after an estimate of each query's largest score is
subtracted: what matters in the softmax is near zero then, where bfloat16 is exact enough.
"""

from __future__ import annotations

import torch

LONG = 192  # tokens from which blocks take less time than torch's dense kernel, for large models and small ones
_BLOCK = 128  # queries
_SAMPLED = 64  # keys that estimate a query's largest score


def block_attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float) -> torch.Tensor:
    """Compute causal attention of a sequence's last tokens.

    Args:
        query: `[num_attention_heads, tokens, head_dim]`, of the sequence's last tokens.
        key: `[num_key_value_heads, n, head_dim]`, of the whole sequence.
        value: The shape of `key`.
        scale: Factor of the attention scores.

    Returns:
        bfloat16, the shape of `query`.
    """
    (n_tokens, head_dim), (kv_heads, n_keys) = query.shape[1:], key.shape[:2]
    scaled = (query * scale).bfloat16().reshape(kv_heads, -1, n_tokens, head_dim)
    keys, values, shared_by = key.bfloat16().contiguous(), value.bfloat16().contiguous(), scaled.shape[1]
    out = torch.empty(scaled.shape, dtype=torch.bfloat16)
    later = torch.full((_BLOCK, _BLOCK), float("-inf"), dtype=torch.bfloat16).triu(1)
    # kept for all blocks: memory that is new each time costs more than the products
    buffers = torch.empty(2, min(_BLOCK, n_tokens) * shared_by * n_keys, dtype=torch.bfloat16)
    for start in range(0, n_tokens, _BLOCK):
        end = min(start + _BLOCK, n_tokens)
        n, before = end - start, n_keys - n_tokens + start
        seen = before + n
        scores, weights = buffers[:, : shared_by * n * seen].view(2, shared_by * n, seen)
        for head in range(kv_heads):
            asking = scaled[head, :, start:end].reshape(-1, head_dim)
            scores.copy_(_largest(asking, keys[head, : before + 1]).neg_().expand_as(scores))
            scores.addmm_(asking, keys[head, :seen].T)
            scores.view(shared_by, n, seen)[..., before:] += later[:n, :n]
            torch.softmax(scores, -1, out=weights)
            out[head, :, start:end] = (weights @ values[head, :seen]).view(shared_by, n, head_dim)
    return out.view(query.shape)


def _largest(asking: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Return about the largest score of each query `[n, head_dim]`, `[n, 1]`, from some of the keys that all see."""
    return (asking @ keys[:: len(keys) // _SAMPLED + 1].T).amax(-1, keepdim=True)
