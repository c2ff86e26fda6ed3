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
        query: `[tokens, num_attention_heads, head_dim]`, of the sequence's last tokens.
        key: `[n, num_key_value_heads, head_dim]`, of the whole sequence.
        value: The shape of `key`.
        scale: Factor of the attention scores.

    Returns:
        bfloat16, the shape of `query`.
    """
    n_tokens, n_heads, head_dim = query.shape
    n_before, kv_heads = len(key) - n_tokens, key.shape[1]
    shared_by = n_heads // kv_heads
    scaled = (query * scale).bfloat16().view(n_tokens, kv_heads, shared_by, head_dim)
    keys, values = (x.bfloat16().transpose(0, 1).contiguous() for x in (key, value))
    out = torch.empty(scaled.shape, dtype=torch.bfloat16)
    later = torch.full((_BLOCK, _BLOCK), float("-inf"), dtype=torch.bfloat16).triu(1)[:, None]
    # kept for all blocks: memory that is new each time costs more than the products
    buffers = torch.empty(2, min(_BLOCK, n_tokens) * shared_by * len(key), dtype=torch.bfloat16)
    for start in range(0, n_tokens, _BLOCK):
        end = min(start + _BLOCK, n_tokens)
        seen, shape = n_before + end, ((end - start) * shared_by, n_before + end)
        scores, weights = buffers[:, : shape[0] * shape[1]].view(2, *shape)
        for head in range(kv_heads):
            asking = scaled[start:end, head].reshape(-1, head_dim)
            scores.copy_(_largest(asking, keys[head, : n_before + start + 1]).neg_().expand(shape))
            scores.addmm_(asking, keys[head, :seen].T)
            own = scores.view(end - start, shared_by, seen)[:, :, n_before + start :]
            own += later[: end - start, :, : end - start]
            torch.softmax(scores, -1, out=weights)
            out[start:end, head] = (weights @ values[head, :seen]).view(end - start, shared_by, head_dim)
    return out.view(query.shape)


def _largest(asking: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Return about the largest score of each query `[n, head_dim]`, `[n, 1]`, from some of the keys that all see."""
    return (asking @ keys[:: len(keys) // _SAMPLED + 1].T).amax(-1, keepdim=True)
