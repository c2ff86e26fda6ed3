"""The model to train: a small ``Qwen3Model`` and its forward pass at the last token, for any device."""

from __future__ import annotations

from functools import cache

import torch
from torch.nn.functional import linear, rms_norm, scaled_dot_product_attention, silu
from transformers import Qwen3Config

END_TOKEN = "<|endoftext|>"  # noqa: S105 - a token of text, no secret
CHAT_END_TOKEN = "<|im_end|>"  # noqa: S105 - a token of text, no secret
HIDDEN_SIZE = 256
INTERMEDIATE_SIZE = 512
NUM_HIDDEN_LAYERS = 2
N_HEADS, N_KEY_HEADS, HEAD_DIM = 4, 4, 64
MAX_LENGTH = 8192
ROPE_THETA = 1e6
_EPS = 1e-6

Weights = dict[str, torch.Tensor]


def config(vocab_size: int, end_token: int, chat_end_token: int) -> Qwen3Config:
    """Return the configuration: the end token pads, the chat's end token is Qwen's ``eos_token_id``."""
    return Qwen3Config(
        vocab_size=vocab_size,
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=NUM_HIDDEN_LAYERS,
        num_attention_heads=N_HEADS,
        num_key_value_heads=N_KEY_HEADS,
        head_dim=HEAD_DIM,
        intermediate_size=INTERMEDIATE_SIZE,
        max_position_embeddings=MAX_LENGTH,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        rms_norm_eps=_EPS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=chat_end_token,
        pad_token_id=end_token,
        use_cache=False,
    )


@cache
def rotations(length: int, device: torch.device, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return cosines and sines of the positions, ``[length, 64]`` each."""
    frequencies = ROPE_THETA ** (-torch.arange(0, HEAD_DIM, 2, device=device).float() / HEAD_DIM)
    angles = torch.arange(length, device=device).float()[:, None] * frequencies
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def last_token(weights: Weights, hidden: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return the final state of each row's last token, float32 ``[n, 256]``, not normalised.

    The last layer computes queries, output and feed-forward for the last token alone.

    Args:
        weights: Named as `Qwen3Model` names them.
        hidden: The token vectors, ``[n, width, 256]``, padded on the right; causal attention never sees the padding.
            Their dtype is that of the products and the states between the layers.
        lengths: ``[n]``, tokens of each row with the end token.
    """
    cos, sin = rotations(hidden.shape[1], hidden.device, hidden.dtype)
    last = NUM_HIDDEN_LAYERS - 1
    for layer in range(last):
        hidden = _layer(weights, f"layers.{layer}.", hidden, cos, sin)
    return _last_layer(weights, f"layers.{last}.", hidden, (cos, sin), lengths)


def _layer(weights: Weights, at: str, hidden: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    normed = _norm(weights, f"{at}input_layernorm", hidden)
    query, key = (_rotated(_heads(weights, at, name, normed), cos, sin) for name in "qk")
    mixed = scaled_dot_product_attention(
        query, key, _product(weights, f"{at}self_attn.v_proj", normed).unflatten(-1, (-1, HEAD_DIM)).transpose(1, 2),
        is_causal=True, enable_gqa=True,
    )  # fmt: skip
    hidden = hidden + _product(weights, f"{at}self_attn.o_proj", mixed.transpose(1, 2).flatten(2))
    return hidden + _feed_forward(weights, at, hidden)


def _last_layer(
    weights: Weights, at: str, hidden: torch.Tensor, rotation: tuple[torch.Tensor, torch.Tensor], lengths: torch.Tensor
) -> torch.Tensor:
    normed = _norm(weights, f"{at}input_layernorm", hidden)
    key = _rotated(_heads(weights, at, "k", normed), *rotation)
    value = _product(weights, f"{at}self_attn.v_proj", normed).unflatten(-1, (-1, HEAD_DIM)).transpose(1, 2)
    last = lengths - 1
    asking = _heads(weights, at, "q", _at(normed, last)[:, None])
    query = _rotated(asking, *(table[last][:, None, None] for table in rotation))
    # The heads that share a key head stand side by side, [n, key heads, heads of each, head_dim].
    query = query[:, :, 0].unflatten(1, (N_KEY_HEADS, -1))
    scores = (query @ key.transpose(-1, -2)).float() * HEAD_DIM**-0.5
    seen = torch.arange(hidden.shape[1], device=hidden.device) <= last[:, None]
    shares = scores.masked_fill(~seen[:, None, None], float("-inf")).softmax(-1).to(value.dtype)
    state = _at(hidden, last) + _product(weights, f"{at}self_attn.o_proj", (shares @ value).flatten(1))
    state = state + _feed_forward(weights, at, state)
    return rms_norm(state.float(), (HIDDEN_SIZE,), weights["norm.weight"], _EPS)


def _at(hidden: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Return the state at one place of each row, ``[n, 256]``; the gradient of `gather` needs no sorting on a GPU."""
    return hidden.gather(1, places[:, None, None].expand(-1, 1, hidden.shape[-1]))[:, 0]


def _norm(weights: Weights, name: str, hidden: torch.Tensor) -> torch.Tensor:
    weight = weights[f"{name}.weight"]
    return rms_norm(hidden, weight.shape, weight.to(hidden.dtype), _EPS)


def _product(weights: Weights, name: str, hidden: torch.Tensor) -> torch.Tensor:
    return linear(hidden, weights[f"{name}.weight"].to(hidden.dtype))


def _heads(weights: Weights, at: str, name: str, normed: torch.Tensor) -> torch.Tensor:
    """Return queries or keys by head, normalised, ``[n, heads, tokens, head_dim]``."""
    by_head = _product(weights, f"{at}self_attn.{name}_proj", normed).unflatten(-1, (-1, HEAD_DIM))
    return _norm(weights, f"{at}self_attn.{name}_norm", by_head).transpose(1, 2)


def _rotated(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = heads.chunk(2, dim=-1)
    return heads * cos + torch.cat([-second, first], dim=-1) * sin


def _feed_forward(weights: Weights, at: str, hidden: torch.Tensor) -> torch.Tensor:
    normed = _norm(weights, f"{at}post_attention_layernorm", hidden)
    gated = silu(_product(weights, f"{at}mlp.gate_proj", normed)) * _product(weights, f"{at}mlp.up_proj", normed)
    return _product(weights, f"{at}mlp.down_proj", gated)
