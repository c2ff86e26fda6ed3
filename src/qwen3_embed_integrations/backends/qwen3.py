"""The Qwen3 decoder on packed tokens, written out: what transformers' Qwen3Model computes, without importing it.

Importing transformers' model code takes longer than importing torch and loading a small model together. The
residual stream, norms, softmax and rotary angles stay in float32 whatever the weights' dtype is, which keeps
bfloat16 rows nearer to the float32 ones. Tested against transformers' module, which stays the reference and runs
whatever is unusual (see `is_plain`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import rms_norm

from qwen3_embed_integrations.core.plan import Plan

from .attention import KeysValues, Layout, causal_attention
from .linears import Linear, MakeLinear
from .planning import make_linear, make_steps
from .rowwise import RowShape

TakeWeight = Callable[..., torch.Tensor]
_Heads = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
_Angles = tuple[torch.Tensor, torch.Tensor]


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
            vocabulary=config.get("vocab_size", 151936),
            width=width,
            n_layers=config.get("num_hidden_layers", 32),
            n_heads=n_heads,
            n_kv_heads=config.get("num_key_value_heads") or n_heads,
            head_size=config.get("head_dim") or 128,
            mlp_width=config.get("intermediate_size", 22016),
            epsilon=config.get("rms_norm_eps", 1e-6),
            rope_theta=rope.get("rope_theta") or config.get("rope_theta") or 10000.0,
        )

    @property
    def n_parameters(self) -> int:
        """Weights of the matrices, embeddings included."""
        attention = 2 * self.width * self.head_size * (self.n_heads + self.n_kv_heads)
        return self.vocabulary * self.width + self.n_layers * (attention + 3 * self.width * self.mlp_width)


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
    norms: torch.Tensor
    out: Linear
    mlp_norm: torch.Tensor
    gate_up: Linear
    down: Linear


class PackedQwen3:
    """Token ids laid end to end → token states.

    Args:
        shape: The model's numbers.
        take: Gives a checkpoint's weight by its name in Qwen3Model, checked to have the shape asked for.
        dtype: Of the matrix products; int8 for int8 products.
        plan: What computes them.
    """

    def __init__(self, shape: Shape, take: TakeWeight, dtype: torch.dtype, plan: Plan | None = None) -> None:
        plan = plan or Plan()
        int8 = dtype == torch.int8
        self._shape = shape
        self._block = plan.block
        kept = torch.bfloat16 if int8 else dtype  # what is no product's input: queries, keys, values
        row_shape = RowShape(shape.n_heads, shape.n_kv_heads, shape.head_size, shape.epsilon, kept, int8)
        self._steps = make_steps(plan, row_shape)
        self._embedding = take("embed_tokens.weight", shape.vocabulary, shape.width)
        self._layers = list(_layers(shape, take, make_linear(plan, dtype)))
        self._norm = take("norm.weight", shape.width).float()
        exponents = torch.arange(0, shape.head_size, 2, dtype=torch.float32) / shape.head_size
        self._frequencies = (1.0 / shape.rope_theta**exponents).to(self._norm.device)

    def __call__(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: Layout,
        wanted: torch.Tensor | None,
        prefix: Sequence[KeysValues] = (),
    ) -> torch.Tensor:
        """Gives the final states of the `wanted` tokens (None: of all), `[n, width]` float32.

        Args:
            ids: `[tokens]`; those behind the layout's last sequence are padding.
            positions: `[tokens]`, from each sequence's own start, the prefix's tokens counted.
            layout: Where the sequences lie.
            wanted: Indices of tokens; the last layer skips what only the others need.
            prefix: Each layer's keys and values of the tokens that every sequence continues; () for none.
        """
        states = self._embedding[ids].float()
        angles = self._angles(positions)
        heads = self._enter(states, angles)
        for index, layer in enumerate(self._layers):
            mixed = causal_attention(*heads, self._scale, layout, prefix[index] if prefix else None).flatten(1)
            if index + 1 < len(self._layers):
                heads = self._through(layer, self._layers[index + 1], states, mixed, angles)
        if wanted is not None:
            states, mixed = states[wanted], mixed[wanted]
        last = self._layers[-1]
        for part in self._blocks(len(states)):
            states[part] += self._middle(last, states[part], mixed[part]).float()
        return rms_norm(states, (self._shape.width,), self._norm, self._shape.epsilon)

    def keys_values(self, ids: torch.Tensor, layout: Layout) -> tuple[KeysValues, ...]:
        """Gives each layer's keys and values of one sequence, `[tokens, kv_heads, head_size]` each."""
        states = self._embedding[ids].float()
        angles = self._angles(torch.arange(len(ids), device=ids.device))
        heads = self._enter(states, angles)
        found = [KeysValues(*heads[1:])]
        for layer, following in zip(self._layers, self._layers[1:], strict=False):
            mixed = causal_attention(*heads, self._scale, layout).flatten(1)
            heads = self._through(layer, following, states, mixed, angles)
            found.append(KeysValues(*heads[1:]))
        return tuple(found)

    @property
    def _scale(self) -> float:
        return float(self._shape.head_size**-0.5)

    def _angles(self, positions: torch.Tensor) -> _Angles:
        angles = positions[:, None].float() * self._frequencies
        return angles.cos(), angles.sin()

    def _blocks(self, n_tokens: int) -> list[slice]:
        """Gives the rows in blocks: a long text's rows stay in the cache from product to product."""
        return [slice(at, min(at + self._block, n_tokens)) for at in range(0, n_tokens, self._block)]

    def _enter(self, states: torch.Tensor, angles: _Angles) -> _Heads:
        """Gives the first layer's queries, keys and values."""
        first = self._layers[0]
        return _joined(
            [self._heads(first, states[part], None, _part(angles, part)) for part in self._blocks(len(states))]
        )

    def _through(
        self, layer: _Layer, following: _Layer, states: torch.Tensor, mixed: torch.Tensor, angles: _Angles
    ) -> _Heads:
        """Ends a layer, adding to `states` in place, and gives the next one's queries, keys and values."""
        parts = []
        for part in self._blocks(len(states)):
            delta = self._middle(layer, states[part], mixed[part])
            parts.append(self._heads(following, states[part], delta, _part(angles, part)))
        return _joined(parts)

    def _middle(self, layer: _Layer, states: torch.Tensor, mixed: torch.Tensor) -> Any:
        """Adds the attention's result to `states` in place and gives what the MLP adds next."""
        delta = layer.out(self._steps.ready(mixed))
        normed = self._steps.add_norm(states, delta, layer.mlp_norm)
        return layer.down(self._steps.swiglu(layer.gate_up(normed)))

    def _heads(self, layer: _Layer, states: torch.Tensor, delta: Any, angles: _Angles) -> _Heads:
        qkv = layer.qkv(self._steps.add_norm(states, delta, layer.input_norm))
        return self._steps.split_heads(qkv, layer.norms, *angles)


def _part(angles: _Angles, part: slice) -> _Angles:
    return angles[0][part], angles[1][part]


def _joined(parts: list[_Heads]) -> _Heads:
    if len(parts) == 1:
        return parts[0]
    query, key, value = (torch.cat(same) for same in zip(*parts, strict=True))
    return query, key, value


def _layers(shape: Shape, take: TakeWeight, product: MakeLinear) -> Iterator[_Layer]:
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
            qkv=product(torch.cat((q, k, v))),
            norms=torch.cat(
                [
                    take(f"{at}self_attn.{name}_norm.weight", shape.head_size).float().expand(n_heads, -1)
                    for name, n_heads in (("q", shape.n_heads), ("k", shape.n_kv_heads))
                ]
            ),
            out=product(take(f"{at}self_attn.o_proj.weight", shape.width, heads)),
            mlp_norm=take(f"{at}post_attention_layernorm.weight", shape.width).float(),
            gate_up=product(torch.cat((gate, up))),
            down=product(take(f"{at}mlp.down_proj.weight", shape.width, shape.mlp_width)),
        )
