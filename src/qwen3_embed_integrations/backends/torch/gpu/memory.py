"""How much memory a model needs on a GPU: its weights, and what is alive at the widest point of a layer."""

from __future__ import annotations

import torch

from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.backends.torch.memory import weight_bytes

_FLOAT32 = 4
_RUNTIME = 600_000_000  # the driver's context, workspaces of the products, graphs


def token_bytes(architecture: Qwen3Architecture, dtype: torch.dtype) -> int:
    """Return the bytes of each token that are alive at the widest point of a layer.

    That is: the residual stream, what is added to it and its norm, the rotary angles, and either queries, keys, values
    and the attention's output or the MLP's inner values, whichever is more.
    """
    head_dim, size = architecture.head_dim, dtype.itemsize
    n_queries, n_keys = architecture.num_attention_heads, architecture.num_key_value_heads
    stream = architecture.hidden_size * (_FLOAT32 + 2 * size) + head_dim * _FLOAT32 * 3 // 2
    product = (n_queries + 2 * n_keys) * head_dim * size
    attention = product + (2 * n_queries + n_keys) * head_dim * size
    mlp = 3 * architecture.intermediate_size * size
    return stream + max(attention, mlp)


def peak_bytes(architecture: Qwen3Architecture, dtype: torch.dtype, n_tokens: int, *, in_flight: int = 2) -> int:
    """Return an estimate of the most bytes in use on the device.

    Args:
        architecture: The model's dimensions.
        dtype: The dtype of weights and products.
        n_tokens: Tokens of the largest batch.
        in_flight: Batches that are submitted before one is collected. Their launches follow each other on one stream,
            so torch's allocator uses the same memory for them; each keeps its embeddings and inputs.
    """
    inputs = in_flight * n_tokens * 3 * 8
    return weight_bytes(architecture, dtype) + n_tokens * token_bytes(architecture, dtype) + inputs + _RUNTIME
