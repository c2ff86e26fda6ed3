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

from qwen3_embed_integrations.core.execution_plan import ExecutionPlan

from .architecture import Qwen3Architecture
from .attention import KeysValues, Layout, causal_attention
from .kernels.linear import Linear, MakeLinear
from .kernels.torch_ops import OpsConfig
from .plan_selection import make_linear, make_ops
from .thread_team import ThreadTeam, share

TakeWeight = Callable[..., torch.Tensor]
_QKV = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
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
        architecture: The model's numbers.
        take: Gives a checkpoint's weight by its name in Qwen3Model, checked to have the shape asked for.
        dtype: Of the matrix products; int8 for int8 products.
        plan: What computes them.
    """

    def __init__(
        self, architecture: Qwen3Architecture, take: TakeWeight, dtype: torch.dtype, plan: ExecutionPlan | None = None
    ) -> None:
        plan = plan or ExecutionPlan()
        int8 = dtype == torch.int8
        self._architecture = architecture
        self._block_tokens = plan.block_tokens
        self._kept = torch.bfloat16 if int8 else dtype  # what is no product's input: queries, keys, values
        ops_config = OpsConfig(
            architecture.num_attention_heads,
            architecture.num_key_value_heads,
            architecture.head_dim,
            architecture.rms_norm_eps,
            self._kept,
            int8,
        )
        self._ops = make_ops(plan, ops_config)
        self._embedding = take("embed_tokens.weight", architecture.vocab_size, architecture.hidden_size)
        self._layers = list(_layers(architecture, take, make_linear(plan, dtype)))
        self._norm = take("norm.weight", architecture.hidden_size).float()
        exponents = torch.arange(0, architecture.head_dim, 2, dtype=torch.float32) / architecture.head_dim
        self._frequencies = (1.0 / architecture.rope_theta**exponents).to(self._norm.device)

    def __call__(  # noqa: PLR0913, PLR0917 - a batch, what stands before it, and who helps
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: Layout,
        wanted: torch.Tensor | None,
        prefix: Sequence[KeysValues] = (),
        thread_team: ThreadTeam | None = None,
    ) -> torch.Tensor:
        """Gives the final states of the `wanted` tokens (None: of all), `[n, width]` float32.

        Args:
            ids: `[tokens]`; those behind the layout's last sequence are padding.
            positions: `[tokens]`, from each sequence's own start, the prefix's tokens counted.
            layout: Where the sequences lie.
            wanted: Indices of tokens; the last layer skips what only the others need.
            prefix: Each layer's keys and values of the tokens that every sequence continues; () for none.
            thread_team: Shares blocks of tokens and heads, where there are many tokens; None: this thread does all.
        """
        states = self._embedding[ids].float()
        angles = self._angles(positions)
        heads = self._first_qkv(states, angles, thread_team)
        for index, layer in enumerate(self._layers):
            mixed = self._attention(heads, layout, prefix[index] if prefix else None, thread_team)
            if index + 1 < len(self._layers):
                heads = self._mlp_and_next_qkv(layer, self._layers[index + 1], states, mixed, angles, thread_team)
        if wanted is not None:
            states, mixed = states[wanted], mixed[wanted]
        last = self._layers[-1]
        for part in self._blocks(len(states)):
            states[part] += self._attention_output_and_mlp(last, states[part], mixed[part]).float()
        return rms_norm(states, (self._architecture.hidden_size,), self._norm, self._architecture.rms_norm_eps)

    def can_share(self, n_threads: int) -> bool:
        """Tells whether a team of so many threads finds work for each."""
        return 1 < n_threads <= self._architecture.num_key_value_heads

    def keys_values(self, ids: torch.Tensor, layout: Layout) -> tuple[KeysValues, ...]:
        """Gives each layer's keys and values of one sequence, `[tokens, kv_heads, head_size]` each."""
        states = self._embedding[ids].float()
        angles = self._angles(torch.arange(len(ids), device=ids.device))
        heads = self._first_qkv(states, angles, None)
        found = [_kept(heads)]
        for layer, following in zip(self._layers, self._layers[1:], strict=False):
            mixed = causal_attention(*heads, self._scale, layout).flatten(1)
            heads = self._mlp_and_next_qkv(layer, following, states, mixed, angles, None)
            found.append(_kept(heads))
        return tuple(found)

    @property
    def _scale(self) -> float:
        return float(self._architecture.head_dim**-0.5)

    def _angles(self, positions: torch.Tensor) -> _Angles:
        angles = positions[:, None].float() * self._frequencies
        return angles.cos(), angles.sin()

    def _blocks(self, n_tokens: int, n_threads: int = 1) -> list[slice]:
        """Gives the rows in blocks: a long text's rows stay in the cache from product to product."""
        n_blocks = -(-n_tokens // self._block_tokens)
        n_blocks += -n_blocks % n_threads
        size = -(-n_tokens // n_blocks)
        size += -size % _BLOCK_MULTIPLE
        return [slice(at, min(at + size, n_tokens)) for at in range(0, n_tokens, size)]

    def _first_qkv(self, states: torch.Tensor, angles: _Angles, thread_team: ThreadTeam | None) -> _QKV:
        """Gives the first layer's queries, keys and values."""
        first = self._layers[0]
        return self._by_block(
            lambda part: self._qkv(first, states[part], None, _part(angles, part)), len(states), thread_team
        )

    def _mlp_and_next_qkv(  # noqa: PLR0913, PLR0917 - what a layer works on
        self,
        layer: _Layer,
        following: _Layer,
        states: torch.Tensor,
        mixed: torch.Tensor,
        angles: _Angles,
        thread_team: ThreadTeam | None,
    ) -> _QKV:
        """Ends a layer, adding to `states` in place, and gives the next one's queries, keys and values."""

        def ended(part: slice) -> _QKV:
            delta = self._attention_output_and_mlp(layer, states[part], mixed[part])
            return self._qkv(following, states[part], delta, _part(angles, part))

        return self._by_block(ended, len(states), thread_team)

    def _by_block(self, work: Callable[[slice], _QKV], n_tokens: int, thread_team: ThreadTeam | None) -> _QKV:
        """Gives what `work` gives for each block, in one piece."""
        parts = self._blocks(n_tokens, thread_team.count if thread_team else 1)
        if len(parts) == 1:
            return work(parts[0])
        architecture = self._architecture
        query, key, value = (
            torch.empty(n_tokens, heads, architecture.head_dim, dtype=self._kept, device=self._norm.device)
            for heads in (
                architecture.num_attention_heads,
                architecture.num_key_value_heads,
                architecture.num_key_value_heads,
            )
        )

        def fill(part: slice) -> None:
            query[part], key[part], value[part] = work(part)

        share([partial(fill, part) for part in parts], thread_team)
        return query, key, value

    def _attention(
        self, heads: _QKV, layout: Layout, prefix: KeysValues | None, thread_team: ThreadTeam | None
    ) -> torch.Tensor:
        if thread_team is None:
            return causal_attention(*heads, self._scale, layout, prefix).flatten(1)
        query, key, value = heads
        mixed = torch.empty_like(query)
        num_key_value_heads, shared_by = key.shape[1], query.shape[1] // key.shape[1]

        def fill(first: int, end: int) -> None:
            own, kv = slice(first * shared_by, end * shared_by), slice(first, end)
            part = None if prefix is None else KeysValues(prefix.key[:, kv], prefix.value[:, kv])
            mixed[:, own] = causal_attention(query[:, own], key[:, kv], value[:, kv], self._scale, layout, part)

        bounds = [round(num_key_value_heads * number / thread_team.count) for number in range(thread_team.count + 1)]
        share([partial(fill, first, end) for first, end in pairwise(bounds)], thread_team)
        return mixed.flatten(1)

    def _attention_output_and_mlp(self, layer: _Layer, states: torch.Tensor, mixed: torch.Tensor) -> Any:
        """Adds the attention's result to `states` in place and gives what the MLP adds next."""
        delta = layer.out(self._ops.ready(mixed))
        normed = self._ops.add_norm(states, delta, layer.mlp_norm)
        return layer.down(self._ops.swiglu(layer.gate_up(normed)))

    def _qkv(self, layer: _Layer, states: torch.Tensor, delta: Any, angles: _Angles) -> _QKV:
        qkv = layer.qkv(self._ops.add_norm(states, delta, layer.input_norm))
        return self._ops.split_heads(qkv, layer.norms, *angles)


def _kept(heads: _QKV) -> KeysValues:
    """Gives keys and values that hold no memory of the queries beside them."""
    return KeysValues(heads[1].clone(), heads[2].clone())


def _part(angles: _Angles, part: slice) -> _Angles:
    return angles[0][part], angles[1][part]


def _layers(architecture: Qwen3Architecture, take: TakeWeight, product: MakeLinear) -> Iterator[_Layer]:
    heads, kv_heads = (
        architecture.num_attention_heads * architecture.head_dim,
        architecture.num_key_value_heads * architecture.head_dim,
    )
    for index in range(architecture.num_hidden_layers):
        at = f"layers.{index}."
        q, k, v = (
            take(f"{at}self_attn.{name}_proj.weight", out_features, architecture.hidden_size)
            for name, out_features in (("q", heads), ("k", kv_heads), ("v", kv_heads))
        )
        gate, up = (
            take(f"{at}mlp.{name}_proj.weight", architecture.intermediate_size, architecture.hidden_size)
            for name in ("gate", "up")
        )
        yield _Layer(
            input_norm=take(f"{at}input_layernorm.weight", architecture.hidden_size).float(),
            qkv=product(torch.cat((q, k, v))),
            norms=torch.cat(
                [
                    take(f"{at}self_attn.{name}_norm.weight", architecture.head_dim)
                    .float()
                    .expand(num_attention_heads, -1)
                    for name, num_attention_heads in (
                        ("q", architecture.num_attention_heads),
                        ("k", architecture.num_key_value_heads),
                    )
                ]
            ),
            out=product(take(f"{at}self_attn.o_proj.weight", architecture.hidden_size, heads)),
            mlp_norm=take(f"{at}post_attention_layernorm.weight", architecture.hidden_size).float(),
            gate_up=product(torch.cat((gate, up))),
            down=product(take(f"{at}mlp.down_proj.weight", architecture.hidden_size, architecture.intermediate_size)),
        )
