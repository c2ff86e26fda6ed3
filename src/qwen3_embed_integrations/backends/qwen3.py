"""The Qwen3 decoder on packed tokens, written out: what transformers' Qwen3Model computes, without importing it.

Importing transformers' model code takes longer than importing torch and loading a small model together. The
residual stream, norms, softmax and rotary angles stay in float32 whatever the weights' dtype is, which keeps
bfloat16 rows nearer to the float32 ones. Tested against transformers' module, which stays the reference and runs
whatever is unusual (see `is_plain`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import linear, rms_norm, silu

from .attention import Layout, causal_attention

Linear = Callable[[torch.Tensor], torch.Tensor]
TakeWeight = Callable[..., torch.Tensor]


@dataclass(frozen=True)
class Shape:
    """The numbers in config.json that the forward pass needs."""

    vocabulary: int
    width: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    head_size: int
    mlp_width: int
    epsilon: float
    rope_theta: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Shape:
        """Gives the shape in a config.json, with Qwen3Config's defaults."""
        width, n_heads = config["hidden_size"], config.get("num_attention_heads", 32)
        rope = config.get("rope_parameters") or {}
        return cls(
            vocabulary=config["vocab_size"],
            width=width,
            n_layers=config.get("num_hidden_layers", 32),
            n_heads=n_heads,
            n_kv_heads=config.get("num_key_value_heads") or n_heads,
            head_size=config.get("head_dim") or 128,
            mlp_width=config.get("intermediate_size", 22016),
            epsilon=config.get("rms_norm_eps", 1e-6),
            rope_theta=rope.get("rope_theta") or config.get("rope_theta") or 10000.0,
        )


def is_plain(config: Mapping[str, Any]) -> bool:
    """Tells whether a config.json asks for nothing beyond what is written out here."""
    ropes = [config.get(name) or {} for name in ("rope_parameters", "rope_scaling")]
    return (
        all(rope.get("rope_type", rope.get("type", "default")) == "default" for rope in ropes)
        and not config.get("attention_bias")
        and not config.get("quantization_config")
        and config.get("hidden_act", "silu") == "silu"
    )


@dataclass(frozen=True)
class _Layer:
    input_norm: torch.Tensor
    qkv: Linear
    q_norm: torch.Tensor
    k_norm: torch.Tensor
    out: Linear
    mlp_norm: torch.Tensor
    gate_up: Linear
    down: Linear


class PackedQwen3:
    """Token ids laid end to end → token states.

    Args:
        shape: The model's numbers.
        take: Gives a checkpoint's weight by its name in Qwen3Model, checked to have the shape asked for.
        dtype: Of the matrix products.
    """

    def __init__(self, shape: Shape, take: TakeWeight, dtype: torch.dtype) -> None:
        self._shape = shape
        self._dtype = dtype
        self._embedding = take("embed_tokens.weight", shape.vocabulary, shape.width)
        self._layers = list(_layers(shape, take))
        self._norm = take("norm.weight", shape.width).float()
        exponents = torch.arange(0, shape.head_size, 2, dtype=torch.float32) / shape.head_size
        self._frequencies = (1.0 / shape.rope_theta**exponents).to(self._norm.device)

    def __call__(
        self, ids: torch.Tensor, positions: torch.Tensor, layout: Layout, wanted: torch.Tensor | None
    ) -> torch.Tensor:
        """Gives the final states of the `wanted` tokens (None: of all), `[n, width]` float32.

        Args:
            ids: `[tokens]`.
            positions: `[tokens]`, from each sequence's own start.
            layout: Where the sequences lie.
            wanted: Indices of tokens; the last layer skips what only the others need.
        """
        states = self._embedding[ids].float()
        angles = positions[:, None].float() * self._frequencies
        cos, sin = (torch.cat((part, part), dim=-1)[:, None] for part in (angles.cos(), angles.sin()))
        for layer in self._layers:
            mixed = self._attend(layer, states, cos, sin, layout)
            if layer is self._layers[-1] and wanted is not None:
                states, mixed = states[wanted], mixed[wanted]
            states = states + layer.out(mixed).float()
            gate, up = layer.gate_up(self._norm_of(states, layer.mlp_norm)).chunk(2, dim=-1)
            states = states + layer.down(silu(gate) * up).float()
        return rms_norm(states, (self._shape.width,), self._norm, self._shape.epsilon)

    def _norm_of(self, states: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return rms_norm(states, (self._shape.width,), weight, self._shape.epsilon).to(self._dtype)

    def _attend(
        self, layer: _Layer, states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, layout: Layout
    ) -> torch.Tensor:
        """Gives the heads' outputs side by side, `[tokens, heads * head_size]`."""
        shape = self._shape
        qkv = layer.qkv(self._norm_of(states, layer.input_norm)).unflatten(-1, (-1, shape.head_size))  # type: ignore[no-untyped-call]  # torch leaves it untyped
        query, key, value = qkv.split((shape.n_heads, shape.n_kv_heads, shape.n_kv_heads), dim=1)
        query, key = (
            _rotate(rms_norm(x.float(), (shape.head_size,), weight, shape.epsilon), cos, sin).to(self._dtype)
            for x, weight in ((query, layer.q_norm), (key, layer.k_norm))
        )
        mixed = causal_attention(query, key, value, shape.head_size**-0.5, layout)
        return mixed.flatten(1)


def _rotate(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Turns each head by its token's angles (rotary position embedding, halves paired as in transformers)."""
    first, second = heads.chunk(2, dim=-1)
    return heads * cos + torch.cat((-second, first), dim=-1) * sin


def _layers(shape: Shape, take: TakeWeight) -> Iterator[_Layer]:
    heads, kv_heads = shape.n_heads * shape.head_size, shape.n_kv_heads * shape.head_size
    for index in range(shape.n_layers):
        at = f"layers.{index}."
        q, k, v = (
            take(f"{at}self_attn.{name}_proj.weight", rows, shape.width)
            for name, rows in (("q", heads), ("k", kv_heads), ("v", kv_heads))
        )
        gate, up = (take(f"{at}mlp.{name}_proj.weight", shape.mlp_width, shape.width) for name in ("gate", "up"))
        yield _Layer(
            input_norm=take(f"{at}input_layernorm.weight", shape.width).float(),
            qkv=_linear(torch.cat((q, k, v))),
            q_norm=take(f"{at}self_attn.q_norm.weight", shape.head_size).float(),
            k_norm=take(f"{at}self_attn.k_norm.weight", shape.head_size).float(),
            out=_linear(take(f"{at}self_attn.o_proj.weight", shape.width, heads)),
            mlp_norm=take(f"{at}post_attention_layernorm.weight", shape.width).float(),
            gate_up=_linear(torch.cat((gate, up))),
            down=_linear(take(f"{at}mlp.down_proj.weight", shape.width, shape.mlp_width)),
        )


def _linear(weight: torch.Tensor) -> Linear:
    return lambda states: linear(states, weight)
