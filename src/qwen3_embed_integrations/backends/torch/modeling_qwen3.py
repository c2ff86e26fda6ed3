"""The Qwen3 decoder on packed tokens, written out: what transformers' Qwen3Model computes, without importing it.

Importing transformers' model code takes longer than importing torch and loading a small model together. The
residual stream, norms, softmax and rotary angles stay in float32 whatever the weights' dtype is, which keeps
bfloat16 rows nearer to the float32 ones. Tested against transformers' module, which stays the reference and runs
whatever is unusual (see `is_plain`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import rms_norm

from qwen3_embed_integrations.core.execution_plan import Plan

from .architecture import Shape
from .attention import KeysValues, Layout, causal_attention
from .kernels.linear import Linear, MakeLinear
from .kernels.torch_ops import RowShape
from .plan_selection import make_linear, make_steps
from .thread_team import Team, share

TakeWeight = Callable[..., torch.Tensor]
_Heads = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
_Angles = tuple[torch.Tensor, torch.Tensor]

_BLOCK_MULTIPLE = 32  # rows: oneDNN makes a kernel for each number of them


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
        self._kept = torch.bfloat16 if int8 else dtype  # what is no product's input: queries, keys, values
        row_shape = RowShape(shape.n_heads, shape.n_kv_heads, shape.head_size, shape.epsilon, self._kept, int8)
        self._steps = make_steps(plan, row_shape)
        self._embedding = take("embed_tokens.weight", shape.vocabulary, shape.width)
        self._layers = list(_layers(shape, take, make_linear(plan, dtype)))
        self._norm = take("norm.weight", shape.width).float()
        exponents = torch.arange(0, shape.head_size, 2, dtype=torch.float32) / shape.head_size
        self._frequencies = (1.0 / shape.rope_theta**exponents).to(self._norm.device)

    def __call__(  # noqa: PLR0913, PLR0917 - a batch, what stands before it, and who helps
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: Layout,
        wanted: torch.Tensor | None,
        prefix: Sequence[KeysValues] = (),
        team: Team | None = None,
    ) -> torch.Tensor:
        """Gives the final states of the `wanted` tokens (None: of all), `[n, width]` float32.

        Args:
            ids: `[tokens]`; those behind the layout's last sequence are padding.
            positions: `[tokens]`, from each sequence's own start, the prefix's tokens counted.
            layout: Where the sequences lie.
            wanted: Indices of tokens; the last layer skips what only the others need.
            prefix: Each layer's keys and values of the tokens that every sequence continues; () for none.
            team: Shares blocks of tokens and heads, where there are many tokens; None: this thread does all.
        """
        states = self._embedding[ids].float()
        angles = self._angles(positions)
        heads = self._enter(states, angles, team)
        for index, layer in enumerate(self._layers):
            mixed = self._attend(heads, layout, prefix[index] if prefix else None, team)
            if index + 1 < len(self._layers):
                heads = self._through(layer, self._layers[index + 1], states, mixed, angles, team)
        if wanted is not None:
            states, mixed = states[wanted], mixed[wanted]
        last = self._layers[-1]
        for part in self._blocks(len(states)):
            states[part] += self._middle(last, states[part], mixed[part]).float()
        return rms_norm(states, (self._shape.width,), self._norm, self._shape.epsilon)

    def can_share(self, n_threads: int) -> bool:
        """Tells whether a team of so many threads finds work for each."""
        return 1 < n_threads <= self._shape.n_kv_heads

    def keys_values(self, ids: torch.Tensor, layout: Layout) -> tuple[KeysValues, ...]:
        """Gives each layer's keys and values of one sequence, `[tokens, kv_heads, head_size]` each."""
        states = self._embedding[ids].float()
        angles = self._angles(torch.arange(len(ids), device=ids.device))
        heads = self._enter(states, angles, None)
        found = [_kept(heads)]
        for layer, following in zip(self._layers, self._layers[1:], strict=False):
            mixed = causal_attention(*heads, self._scale, layout).flatten(1)
            heads = self._through(layer, following, states, mixed, angles, None)
            found.append(_kept(heads))
        return tuple(found)

    @property
    def _scale(self) -> float:
        return float(self._shape.head_size**-0.5)

    def _angles(self, positions: torch.Tensor) -> _Angles:
        angles = positions[:, None].float() * self._frequencies
        return angles.cos(), angles.sin()

    def _blocks(self, n_tokens: int, n_threads: int = 1) -> list[slice]:
        """Gives the rows in blocks: a long text's rows stay in the cache from product to product."""
        n_blocks = -(-n_tokens // self._block)
        n_blocks += -n_blocks % n_threads
        size = -(-n_tokens // n_blocks)
        size += -size % _BLOCK_MULTIPLE
        return [slice(at, min(at + size, n_tokens)) for at in range(0, n_tokens, size)]

    def _enter(self, states: torch.Tensor, angles: _Angles, team: Team | None) -> _Heads:
        """Gives the first layer's queries, keys and values."""
        first = self._layers[0]
        return self._by_block(
            lambda part: self._heads(first, states[part], None, _part(angles, part)), len(states), team
        )

    def _through(  # noqa: PLR0913, PLR0917 - what a layer works on
        self,
        layer: _Layer,
        following: _Layer,
        states: torch.Tensor,
        mixed: torch.Tensor,
        angles: _Angles,
        team: Team | None,
    ) -> _Heads:
        """Ends a layer, adding to `states` in place, and gives the next one's queries, keys and values."""

        def ended(part: slice) -> _Heads:
            delta = self._middle(layer, states[part], mixed[part])
            return self._heads(following, states[part], delta, _part(angles, part))

        return self._by_block(ended, len(states), team)

    def _by_block(self, work: Callable[[slice], _Heads], n_tokens: int, team: Team | None) -> _Heads:
        """Gives what `work` gives for each block, in one piece."""
        parts = self._blocks(n_tokens, team.count if team else 1)
        if len(parts) == 1:
            return work(parts[0])
        shape = self._shape
        query, key, value = (
            torch.empty(n_tokens, heads, shape.head_size, dtype=self._kept, device=self._norm.device)
            for heads in (shape.n_heads, shape.n_kv_heads, shape.n_kv_heads)
        )

        def fill(part: slice) -> None:
            query[part], key[part], value[part] = work(part)

        share([partial(fill, part) for part in parts], team)
        return query, key, value

    def _attend(self, heads: _Heads, layout: Layout, prefix: KeysValues | None, team: Team | None) -> torch.Tensor:
        if team is None:
            return causal_attention(*heads, self._scale, layout, prefix).flatten(1)
        query, key, value = heads
        mixed = torch.empty_like(query)
        n_kv_heads, shared_by = key.shape[1], query.shape[1] // key.shape[1]

        def fill(first: int, end: int) -> None:
            own, kv = slice(first * shared_by, end * shared_by), slice(first, end)
            part = None if prefix is None else KeysValues(prefix.key[:, kv], prefix.value[:, kv])
            mixed[:, own] = causal_attention(query[:, own], key[:, kv], value[:, kv], self._scale, layout, part)

        bounds = [round(n_kv_heads * number / team.count) for number in range(team.count + 1)]
        share([partial(fill, first, end) for first, end in pairwise(bounds)], team)
        return mixed.flatten(1)

    def _middle(self, layer: _Layer, states: torch.Tensor, mixed: torch.Tensor) -> Any:
        """Adds the attention's result to `states` in place and gives what the MLP adds next."""
        delta = layer.out(self._steps.ready(mixed))
        normed = self._steps.add_norm(states, delta, layer.mlp_norm)
        return layer.down(self._steps.swiglu(layer.gate_up(normed)))

    def _heads(self, layer: _Layer, states: torch.Tensor, delta: Any, angles: _Angles) -> _Heads:
        qkv = layer.qkv(self._steps.add_norm(states, delta, layer.input_norm))
        return self._steps.split_heads(qkv, layer.norms, *angles)


def _kept(heads: _Heads) -> KeysValues:
    """Gives keys and values that hold no memory of the queries beside them."""
    return KeysValues(heads[1].clone(), heads[2].clone())


def _part(angles: _Angles, part: slice) -> _Angles:
    return angles[0][part], angles[1][part]


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
