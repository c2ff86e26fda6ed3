"""The Qwen3 decoder on packed tokens: computes what transformers' Qwen3Model does, without importing it.

Importing transformers' model code takes longer than importing torch and loading a small model together. The
residual stream, norms, softmax and rotary angles stay in float32 whatever the weights' dtype is, which keeps
bfloat16 embeddings nearer to the float32 ones. transformers' module is the tests' reference, and runs checkpoints
that need more (see `is_plain`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch.nn.functional import pad, rms_norm

from qwen3_embed_integrations.core.execution_plan import ExecutionPlan
from qwen3_embed_integrations.scheduling.worker_thread import no_pause, thread_pause

from .architecture import Qwen3Architecture
from .attention import KeysValues, Layout, last_token_attention, shared_attention
from .decoder_layer import DecoderLayer, TakeWeight, read_layers
from .kernels.linear import Linear, row_multiple
from .plan_selection import attends_in_bfloat16, make_linear, make_ops, ops_config
from .thread_team import ThreadTeam, share

_Heads = tuple[torch.Tensor, torch.Tensor]  # the rotated heads of a layer's `qkv`, then its values
_Angles = tuple[torch.Tensor, torch.Tensor]
_Pause = Callable[[], None]

_BLOCK_MULTIPLE = 32  # tokens: oneDNN makes a kernel for each number of rows
_MANY = 64  # tokens from which leaving work out takes less time than it saves


class _Blocks(NamedTuple):
    """How a batch's tokens are split for the products, and the threads that share the blocks.

    `pause` gives way to other work between the products, unless a thread team computes.
    """

    parts: list[slice]
    n_tokens: int
    thread_team: ThreadTeam | None = None
    pause: _Pause = no_pause


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
        self._n_queries, self._n_values = architecture.num_attention_heads, architecture.num_key_value_heads
        self._block_tokens = plan.block_tokens
        config = ops_config(plan, dtype, architecture.head_dim, architecture.rms_norm_eps)
        self._ops = make_ops(plan, config)
        self._heads_dtype = config.heads_dtype
        self._embedding = take("embed_tokens.weight", architecture.vocab_size, architecture.hidden_size)
        self._layers = list(read_layers(architecture, take, make_linear(plan, dtype), last_apart=True))
        last = self._layers[-1]
        if last.apart is None:
            raise TypeError("the last layer has no product of its queries alone")
        self._query, key_value = last.apart
        without_queries = replace(last, qkv=key_value, norms=last.norms[self._n_queries :])
        self._layers_without_queries = [*self._layers[:-1], without_queries]
        self._scale = float(architecture.head_dim**-0.5)
        self._attention = partial(shared_attention, scale=self._scale, in_bfloat16=attends_in_bfloat16(plan, dtype))
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
            wanted: `[n]`, the last token of each sequence, then padding: the last layer computes these tokens only.
                None for all tokens.
            prefix: Each layer's keys and values of the tokens that precede every sequence; () for none.
            thread_team: Threads that share the blocks of tokens and the heads; None to compute in this thread.
        """
        states = self._embedding[ids].float()
        angles = self._angles(positions)
        pause = thread_pause()
        blocks = self._blocks(len(ids), thread_team, no_pause if thread_team else pause)
        skips = wanted is not None and len(ids) >= _MANY
        heads = self._first_heads(ids, states, angles, blocks, skips=skips)
        for index, (layer, following) in enumerate(pairwise(self._layers_of(skips=skips))):
            pause()
            of_prefix = prefix[index] if prefix else None
            mixed = self._attention(*self._qkv(heads), layout, of_prefix, thread_team).flatten(1)
            pause()
            heads = self._mlp_and_next_heads(layer, following, states, mixed, angles, blocks)
        pause()
        last, of_prefix = self._layers[-1], prefix[-1] if prefix else None
        if wanted is not None and skips:
            states, angles = states[wanted], (angles[0][wanted], angles[1][wanted])
            query = self._queries(states, angles)
            mixed = last_token_attention(query, *heads, self._scale, layout, of_prefix).flatten(1)
        else:
            mixed = self._attention(*self._qkv(heads), layout, of_prefix, thread_team).flatten(1)
            if wanted is not None:
                states, mixed = states[wanted], mixed[wanted]
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
        heads = self._first_heads(ids, states, angles, blocks)
        found = [self._kept(heads)]
        for layer, following in pairwise(self._layers):
            mixed = self._attention(*self._qkv(heads), layout).flatten(1)
            heads = self._mlp_and_next_heads(layer, following, states, mixed, angles, blocks)
            found.append(self._kept(heads))
        return tuple(found)

    def _angles(self, positions: torch.Tensor) -> _Angles:
        angles = positions[:, None].float() * self._frequencies
        return angles.cos(), angles.sin()

    def _blocks(self, n_tokens: int, thread_team: ThreadTeam | None = None, pause: _Pause = no_pause) -> _Blocks:
        """Split the tokens into blocks that stay in the processor's cache from product to product."""
        n_blocks = -(-n_tokens // self._block_tokens)
        n_blocks += -n_blocks % (thread_team.count if thread_team else 1)
        if n_blocks == 1:
            return _Blocks([slice(0, n_tokens)], n_tokens, thread_team, pause)
        size = -(-n_tokens // n_blocks)
        size += -size % _BLOCK_MULTIPLE
        parts = [slice(at, min(at + size, n_tokens)) for at in range(0, n_tokens, size)]
        return _Blocks(parts, n_tokens, thread_team, pause)

    def _layers_of(self, *, skips: bool) -> list[DecoderLayer[Linear]]:
        """Return the layers; the last one without its queries if it skips tokens."""
        return self._layers_without_queries if skips else self._layers

    def _first_heads(
        self, ids: torch.Tensor, states: torch.Tensor, angles: _Angles, blocks: _Blocks, *, skips: bool = False
    ) -> _Heads:
        """Compute the first layer's heads: its product once for each id, because it doesn't depend on the position."""
        first, (cos, sin) = self._layers_of(skips=skips)[0], angles
        if len(ids) < _MANY:
            return self._heads(first, states, None, cos, sin)
        unique, inverse = torch.unique(ids, return_inverse=True)
        unique = pad(unique, (0, -len(unique) % row_multiple(len(unique))))
        products = first.qkv(self._ops.add_norm(self._embedding[unique].float(), None, first.input_norm))

        def rotate(part: slice) -> _Heads:
            return self._ops.split_heads(products[inverse[part]], first.norms, cos[part], sin[part])

        return self._by_block(rotate, blocks, len(first.norms), self._n_values)

    def _mlp_and_next_heads(  # noqa: PLR0913, PLR0917 - a layer's inputs
        self,
        layer: DecoderLayer[Linear],
        following: DecoderLayer[Linear],
        states: torch.Tensor,
        mixed: torch.Tensor,
        angles: _Angles,
        blocks: _Blocks,
    ) -> _Heads:
        """End a layer, adding to `states` in place, and return the next one's heads."""
        cos, sin = angles

        def finish(part: slice) -> _Heads:
            delta = self._attention_output_and_mlp(layer, states[part], mixed[part], blocks.pause)
            blocks.pause()
            return self._heads(following, states[part], delta, cos[part], sin[part])

        return self._by_block(finish, blocks, len(following.norms), self._n_values)

    def _by_block(self, work: Callable[[slice], _Heads], blocks: _Blocks, n_rotated: int, n_values: int) -> _Heads:
        """Run `work` on each block of tokens and return the results concatenated."""
        parts, n_tokens, thread_team, _ = blocks
        if len(parts) == 1:
            return work(parts[0])
        rotated, values = (
            torch.empty(
                n_tokens, n_heads, self._architecture.head_dim, dtype=self._heads_dtype, device=self._norm.device
            )
            for n_heads in (n_rotated, n_values)
        )

        def fill(part: slice) -> None:
            rotated[part], values[part] = work(part)

        share([partial(fill, part) for part in parts], thread_team)
        return rotated, values

    def _attention_output_and_mlp(
        self, layer: DecoderLayer[Linear], states: torch.Tensor, mixed: torch.Tensor, pause: _Pause = no_pause
    ) -> Any:
        """Add the attention's output to `states` in place and return what the MLP adds next."""
        delta = layer.out(self._ops.ready(mixed))
        normed = self._ops.add_norm(states, delta, layer.mlp_norm)
        pause()
        gate_up = layer.gate_up(normed)
        pause()
        return layer.down(self._ops.swiglu(gate_up))

    def _heads(
        self, layer: DecoderLayer[Linear], states: torch.Tensor, delta: Any, cos: torch.Tensor, sin: torch.Tensor
    ) -> _Heads:
        heads = layer.qkv(self._ops.add_norm(states, delta, layer.input_norm))
        return self._ops.split_heads(heads, layer.norms, cos, sin)

    def _queries(self, states: torch.Tensor, angles: _Angles) -> torch.Tensor:
        """Compute the last layer's queries of some tokens."""
        layer = self._layers[-1]
        heads = self._query(self._ops.add_norm(states, None, layer.input_norm))
        return self._ops.split_heads(heads, layer.norms[: self._n_queries], *angles)[0]

    def _qkv(self, heads: _Heads) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Split a layer's heads into queries, keys and values."""
        rotated, value = heads
        return rotated[:, : self._n_queries], rotated[:, self._n_queries :], value

    def _kept(self, heads: _Heads) -> KeysValues:
        """Return copies of keys and values, so that the memory of the queries beside them is freed."""
        _, key, value = self._qkv(heads)
        return KeysValues(key.clone(memory_format=torch.contiguous_format), value.clone())
