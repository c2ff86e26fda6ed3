"""The Qwen3 decoder on packed tokens: computes what transformers' Qwen3Model does, without importing it.

Importing transformers' model code takes longer than importing torch and loading a small model together. The
residual stream, norms, softmax and rotary angles stay in float32 whatever the weights' dtype is, which keeps
bfloat16 embeddings nearer to the float32 ones. transformers' module is the tests' reference, and runs checkpoints
that need more (see `is_plain`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch.nn.functional import rms_norm

from qwen3_embed_integrations.core.execution_plan import ExecutionPlan
from qwen3_embed_integrations.scheduling.worker_thread import thread_pause

from .architecture import Qwen3Architecture
from .attention import KeysValues, Layout, causal_attention
from .decoder_layer import DecoderLayer, TakeWeight, read_layers
from .kernels.linear import Linear
from .kernels.torch_ops import OpsConfig
from .plan_selection import computed_dtype, make_linear, make_ops, quantised_inputs
from .thread_team import ThreadTeam, share

_QKV = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
_Angles = tuple[torch.Tensor, torch.Tensor]

_BLOCK_MULTIPLE = 32  # tokens: oneDNN makes a kernel for each number of rows


class _Blocks(NamedTuple):
    """How a batch's tokens are split for the products, and the threads that share the blocks.

    `pause` gives way to other work between the products; None where nothing waits for it, or a thread team computes.
    """

    parts: list[slice]
    n_tokens: int
    thread_team: ThreadTeam | None = None
    pause: Callable[[], None] | None = None


class PackedQwen3:
    """Token ids laid end to end → token states.

    Args:
        architecture: The model's dimensions.
        take: Returns a weight by its name in Qwen3Model, after a check of its shape.
        dtype: The dtype of the weights; the plan decides the dtype of the arithmetic.
        plan: What computes; None for the default plan.
    """

    def __init__(
        self, architecture: Qwen3Architecture, take: TakeWeight, dtype: torch.dtype, plan: ExecutionPlan | None = None
    ) -> None:
        plan = plan or ExecutionPlan()
        self._architecture = architecture
        self._block_tokens = plan.block_tokens
        self._kept = computed_dtype(plan, dtype)  # dtype of queries, keys and values
        ops_config = OpsConfig(
            architecture.num_attention_heads,
            architecture.num_key_value_heads,
            architecture.head_dim,
            architecture.rms_norm_eps,
            self._kept,
            quantised_inputs(plan, dtype),
        )
        self._ops = make_ops(plan, ops_config)
        self._embedding = take("embed_tokens.weight", architecture.vocab_size, architecture.hidden_size)
        self._layers = list(read_layers(architecture, take, make_linear(plan, dtype)))
        self._scale = float(architecture.head_dim**-0.5)
        self._norm = take("norm.weight", architecture.hidden_size).float()
        exponents = torch.arange(0, architecture.head_dim, 2, dtype=torch.float32) / architecture.head_dim
        self._frequencies = (1.0 / architecture.rope_theta**exponents).to(self._norm.device)

    def __call__(  # noqa: PLR0913, PLR0917 - a batch, its prefix and a thread team
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: Layout,
        wanted: torch.Tensor | None,
        prefix: Sequence[KeysValues] = (),
        thread_team: ThreadTeam | None = None,
    ) -> torch.Tensor:
        """Return the final states of the `wanted` tokens, `[n, hidden_size]` float32.

        Args:
            ids: `[tokens]` int64; tokens after the layout's last sequence are padding.
            positions: `[tokens]`, counted from each sequence's start, the prefix included.
            layout: The sequences' positions in the batch.
            wanted: `[n]` token indices, which let the last layer skip other tokens; None for all tokens.
            prefix: Each layer's keys and values of the tokens that precede every sequence; () for none.
            thread_team: Threads that share the blocks of tokens and the heads; None to compute in this thread.
        """
        states = self._embedding[ids].float()
        angles = self._angles(positions)
        pause = thread_pause()
        blocks = self._blocks(len(ids), thread_team, None if thread_team else pause)
        heads = self._first_qkv(states, angles, blocks)
        for index, layer in enumerate(self._layers):
            if pause is not None:
                pause()
            mixed = self._attention(heads, layout, prefix[index] if prefix else None, thread_team)
            if pause is not None:
                pause()
            if index + 1 < len(self._layers):
                heads = self._mlp_and_next_qkv(layer, self._layers[index + 1], states, mixed, angles, blocks)
        if wanted is not None:
            states, mixed = states[wanted], mixed[wanted]
        last = self._layers[-1]
        for part in self._blocks(len(states)).parts:
            states[part] += self._attention_output_and_mlp(last, states[part], mixed[part]).float()
        return rms_norm(states, (self._architecture.hidden_size,), self._norm, self._architecture.rms_norm_eps)

    def can_share(self, n_threads: int) -> bool:
        """Return whether a team of `n_threads` has work for each of its threads."""
        return 1 < n_threads <= self._architecture.num_key_value_heads

    def keys_values(self, ids: torch.Tensor, layout: Layout) -> tuple[KeysValues, ...]:
        """Return each layer's keys and values of one sequence, `[tokens, num_key_value_heads, head_dim]` each."""
        states = self._embedding[ids].float()
        angles = self._angles(torch.arange(len(ids), device=ids.device))
        blocks = self._blocks(len(ids))
        heads = self._first_qkv(states, angles, blocks)
        found = [_kept(heads)]
        for layer, following in zip(self._layers, self._layers[1:], strict=False):
            mixed = causal_attention(*heads, self._scale, layout).flatten(1)
            heads = self._mlp_and_next_qkv(layer, following, states, mixed, angles, blocks)
            found.append(_kept(heads))
        return tuple(found)

    def _angles(self, positions: torch.Tensor) -> _Angles:
        angles = positions[:, None].float() * self._frequencies
        return angles.cos(), angles.sin()

    def _blocks(
        self, n_tokens: int, thread_team: ThreadTeam | None = None, pause: Callable[[], None] | None = None
    ) -> _Blocks:
        """Split the tokens into blocks that stay in the processor's cache from product to product."""
        n_blocks = -(-n_tokens // self._block_tokens)
        n_blocks += -n_blocks % (thread_team.count if thread_team else 1)
        if n_blocks == 1:
            return _Blocks([slice(0, n_tokens)], n_tokens, thread_team, pause)
        size = -(-n_tokens // n_blocks)
        size += -size % _BLOCK_MULTIPLE
        parts = [slice(at, min(at + size, n_tokens)) for at in range(0, n_tokens, size)]
        return _Blocks(parts, n_tokens, thread_team, pause)

    def _first_qkv(self, states: torch.Tensor, angles: _Angles, blocks: _Blocks) -> _QKV:
        """Compute the first layer's queries, keys and values."""
        first, (cos, sin) = self._layers[0], angles
        return self._by_block(lambda part: self._qkv(first, states[part], None, cos[part], sin[part]), blocks)

    def _mlp_and_next_qkv(  # noqa: PLR0913, PLR0917 - a layer's inputs
        self,
        layer: DecoderLayer[Linear],
        following: DecoderLayer[Linear],
        states: torch.Tensor,
        mixed: torch.Tensor,
        angles: _Angles,
        blocks: _Blocks,
    ) -> _QKV:
        """End a layer, adding to `states` in place, and return the next one's queries, keys and values."""
        cos, sin = angles

        def finish(part: slice) -> _QKV:
            delta = self._attention_output_and_mlp(layer, states[part], mixed[part], blocks.pause)
            if blocks.pause is not None:
                blocks.pause()
            return self._qkv(following, states[part], delta, cos[part], sin[part])

        return self._by_block(finish, blocks)

    def _by_block(self, work: Callable[[slice], _QKV], blocks: _Blocks) -> _QKV:
        """Run `work` on each block of tokens and return the results concatenated."""
        parts, n_tokens, thread_team, _ = blocks
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

    def _attention_output_and_mlp(
        self,
        layer: DecoderLayer[Linear],
        states: torch.Tensor,
        mixed: torch.Tensor,
        pause: Callable[[], None] | None = None,
    ) -> Any:
        """Add the attention's output to `states` in place and return what the MLP adds next."""
        delta = layer.out(self._ops.ready(mixed))
        normed = self._ops.add_norm(states, delta, layer.mlp_norm)
        if pause is not None:
            pause()
        gate_up = layer.gate_up(normed)
        if pause is not None:
            pause()
        return layer.down(self._ops.swiglu(gate_up))

    def _qkv(
        self, layer: DecoderLayer[Linear], states: torch.Tensor, delta: Any, cos: torch.Tensor, sin: torch.Tensor
    ) -> _QKV:
        qkv = layer.qkv(self._ops.add_norm(states, delta, layer.input_norm))
        return self._ops.split_heads(qkv, layer.norms, cos, sin)


def _kept(heads: _QKV) -> KeysValues:
    """Return copies of keys and values, so that the memory of the queries beside them is freed."""
    return KeysValues(heads[1].clone(), heads[2].clone())
