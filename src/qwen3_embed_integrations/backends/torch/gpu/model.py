"""The Qwen3 decoder on a GPU: few launches a layer, a float32 residual stream, the prefix before each sequence's keys.

`modeling_qwen3` computes the same on a CPU, block by block. Here a layer is nine launches: four products, attention and
four fused steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import linear

from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.backends.torch.attention import KeysValues
from qwen3_embed_integrations.backends.torch.decoder_layer import DecoderLayer, TakeWeight, read_layers
from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import GpuOps, GpuOpsConfig, PrefixPlaces, TorchGpuOps

from .attention import Attention, VarlenLayout

_MLP_SCALE = 2.0**-5
"""Of the MLP's inner values in float16. Those of Qwen3-8B exceed float16's 65,504 in an early layer (llama.cpp#26044);
a power of two changes no digit, and the down projection's output is scaled back in float32."""


@dataclass(frozen=True)
class SharedPrefix:
    """A prefix that stands before every sequence of a batch.

    Attributes:
        states: Each layer's keys and values of the prefix.
        places: `[tokens]` int64, the row of each token's key behind its sequence's prefix.
        starts: `[n]` int64, the row of the first key of each sequence.
        n_places: Number of keys.
    """

    states: Sequence[KeysValues]
    places: torch.Tensor
    starts: torch.Tensor
    n_places: int

    def of_layer(self, index: int) -> PrefixPlaces:
        """Return the rows of one layer."""
        one = self.states[index]
        return PrefixPlaces(one.key, one.value, self.places, self.starts, self.n_places)


@dataclass(frozen=True)
class Arithmetic:
    """What computes a pass.

    Attributes:
        ops: The steps between products.
        attention: The attention kernel.
        mlp_scale: Factor of the MLP's inner values, whose product is scaled back.
        cast: Turns a stored weight into what the products take.
    """

    ops: GpuOps
    attention: Attention
    mlp_scale: float = 1.0
    cast: Callable[[torch.Tensor], torch.Tensor] = lambda weight: weight

    def cast_linear(self, inputs: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return the product of rows with a stored weight."""
        return linear(inputs, self.cast(weight))


class GpuQwen3:
    """Token ids laid end to end → token states.

    Args:
        architecture: The model's dimensions.
        take: Returns a weight by its name in Qwen3Model, after a check of its shape.
        dtype: The dtype of the weights and products.
        attention: The attention kernel.
        ops: The steps between products.
    """

    def __init__(
        self,
        architecture: Qwen3Architecture,
        take: TakeWeight,
        dtype: torch.dtype,
        attention: Attention,
        ops: GpuOps,
    ) -> None:
        self.architecture = architecture
        self.arithmetic = Arithmetic(ops, attention, _MLP_SCALE if dtype == torch.float16 else 1.0)
        self._embedding = take("embed_tokens.weight", architecture.vocab_size, architecture.hidden_size)
        self._layers: list[DecoderLayer[torch.Tensor]] = list(read_layers(architecture, take, _as_is))
        self._norm = take("norm.weight", architecture.hidden_size).float()
        exponents = torch.arange(0, architecture.head_dim, 2, dtype=torch.float32) / architecture.head_dim
        self._frequencies = (1.0 / architecture.rope_theta**exponents).to(self._norm.device)
        self._scale = float(architecture.head_dim**-0.5)

    def __call__(  # noqa: PLR0913, PLR0917 - a batch, its prefix and what computes it
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: VarlenLayout,
        wanted: torch.Tensor | None,
        prefix: SharedPrefix | None = None,
        arithmetic: Arithmetic | None = None,
    ) -> torch.Tensor:
        """Return the final states of the `wanted` tokens, `[n, hidden_size]` float32.

        Args:
            ids: `[tokens]` int64.
            positions: `[tokens]`, counted from each sequence's start, the prefix included.
            layout: The sequences' positions in the batch.
            wanted: `[n]` token indices, which let the last layer skip other tokens; None for all tokens.
            prefix: Stands before every sequence; None for none.
            arithmetic: What computes; None for the model's own.
        """
        return self._pass(ids, positions, layout, wanted, prefix, arithmetic or self.arithmetic)

    def exact(self, attention: Attention) -> Arithmetic:
        """Return the arithmetic in float32 on the same weights, each converted for its product alone.

        Args:
            attention: A kernel that takes float32.
        """
        architecture = self.architecture
        config = GpuOpsConfig(
            architecture.num_attention_heads,
            architecture.num_key_value_heads,
            architecture.head_dim,
            architecture.rms_norm_eps,
            torch.float32,
        )
        return Arithmetic(TorchGpuOps(config), attention, cast=torch.Tensor.float)

    def keys_values(self, ids: torch.Tensor, layout: VarlenLayout) -> tuple[KeysValues, ...]:
        """Return each layer's keys and values of one sequence, `[tokens, num_key_value_heads, head_dim]` each."""
        found: list[KeysValues] = []
        positions = torch.arange(len(ids), device=ids.device)
        self._pass(ids, positions, layout, positions[-1:], None, self.arithmetic, found)
        return tuple(found)

    def _pass(  # noqa: PLR0913, PLR0917 - see __call__
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: VarlenLayout,
        wanted: torch.Tensor | None,
        prefix: SharedPrefix | None,
        arithmetic: Arithmetic,
        found: list[KeysValues] | None = None,
    ) -> torch.Tensor:
        mlp_scale, last = arithmetic.mlp_scale, len(self._layers) - 1
        states = self._embedding[ids].float()
        angles = positions[:, None] * self._frequencies
        cos, sin = angles.cos(), angles.sin()
        delta: torch.Tensor | None = None
        for index, layer in enumerate(self._layers):
            normed = arithmetic.ops.add_norm(states, delta, layer.input_norm, 1 / mlp_scale)
            delta = arithmetic.cast_linear(normed, layer.qkv)
            places = None if prefix is None else prefix.of_layer(index)
            mixed = self._attention(layer, delta, (cos, sin), layout, places, arithmetic, found)
            if index == last and wanted is not None:
                states, mixed = states[wanted], mixed[wanted]
            delta = arithmetic.cast_linear(mixed, layer.out)
            del normed, mixed  # the MLP's inner values are the widest: nothing else should be alive beside them
            delta = _mlp(layer, states, delta, arithmetic)
        return arithmetic.ops.add_norm(states, delta, self._norm, 1 / mlp_scale, torch.float32)

    def _attention(  # noqa: PLR0913, PLR0917 - a layer's inputs
        self,
        layer: DecoderLayer[torch.Tensor],
        qkv: torch.Tensor,
        angles: tuple[torch.Tensor, torch.Tensor],
        layout: VarlenLayout,
        prefix: PrefixPlaces | None,
        arithmetic: Arithmetic,
        found: list[KeysValues] | None,
    ) -> torch.Tensor:
        """Return the attention's output, `[tokens, heads * head_dim]`."""
        query, key, value = arithmetic.ops.split_heads(qkv, layer.norms, *angles, prefix)
        if found is not None:
            found.append(KeysValues(key.clone(), value.clone()))  # without the queries beside them
        return arithmetic.attention.kernel(query, key, value, self._scale, layout).flatten(1)


def _mlp(
    layer: DecoderLayer[torch.Tensor], states: torch.Tensor, delta: torch.Tensor, arithmetic: Arithmetic
) -> torch.Tensor:
    """Add the attention's `delta` to `states` in place; return what the MLP adds next, times `mlp_scale`."""
    normed = arithmetic.ops.add_norm(states, delta, layer.mlp_norm)
    gated = arithmetic.ops.swiglu(arithmetic.cast_linear(normed, layer.gate_up), arithmetic.mlp_scale)
    return arithmetic.cast_linear(gated, layer.down)


def _as_is(weight: torch.Tensor) -> torch.Tensor:
    return weight
