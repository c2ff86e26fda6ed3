"""The row-wise steps between matrix products, in plain torch: on any device, and the reference of `compiled`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn.functional import rms_norm, silu


@dataclass(frozen=True)
class ScaledTensor:
    """What goes into a matrix product or comes out of one.

    Attributes:
        values: `[n, width]`.
        scales: `[n]` float32, what each row must still be multiplied with; None: nothing.
    """

    values: torch.Tensor
    scales: torch.Tensor | None = None

    def float(self) -> torch.Tensor:
        """Gives the rows themselves in float32."""
        values = self.values.float()
        return values if self.scales is None else values * self.scales[:, None]


@dataclass(frozen=True)
class OpsConfig:
    """What the steps need to know of the model.

    Attributes:
        num_attention_heads: Query heads.
        num_key_value_heads: Key and value heads.
        head_dim: Numbers in one head.
        rms_norm_eps: Of the norms.
        dtype: Of queries, keys, values and of what goes into plain matrix products.
        int8: Whether the products take int8 rows with a scale.
    """

    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float
    dtype: torch.dtype
    int8: bool = False

    def split(self, qkv: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Gives a product's queries, keys and values, `[n, heads, head_size]` each."""
        heads = qkv.view(len(qkv), -1, self.head_dim)
        return torch.split(heads, [self.num_attention_heads, self.num_key_value_heads, self.num_key_value_heads], dim=1)


class FusedOps(Protocol):
    """The steps, whoever computes them."""

    def add_norm(self, states: torch.Tensor, delta: ScaledTensor | None, weight: torch.Tensor) -> ScaledTensor:
        """Adds `delta` to the residual stream `[n, width]` in place and gives its norm for the next product."""
        ...

    def split_heads(
        self, qkv: ScaledTensor, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Gives normed and turned queries and keys, and the values, each `[n, heads, head_size]`.

        `norms` holds the norm's weights for each head of queries and keys, `[heads, head_size]`.
        """
        ...

    def swiglu(self, gate_up: ScaledTensor) -> ScaledTensor:
        """Gives silu(gate) * up for the next product."""
        ...

    def ready(self, values: torch.Tensor) -> ScaledTensor:
        """Gives plain rows as the next product takes them."""
        ...


class TorchOps:
    """The steps in torch's own operations, in float32 whatever the products' dtype is."""

    def __init__(self, config: OpsConfig) -> None:
        self._config = config

    def add_norm(self, states: torch.Tensor, delta: ScaledTensor | None, weight: torch.Tensor) -> ScaledTensor:
        """Adds `delta` to the residual stream `[n, width]` in place and gives its norm for the next product."""
        if delta is not None:
            states += delta.float()
        return self.ready(rms_norm(states, (states.shape[1],), weight, self._config.rms_norm_eps))

    def split_heads(
        self, qkv: ScaledTensor, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Gives normed and turned queries and keys, and the values, each `[n, heads, head_size]`."""
        config = self._config
        query, key, value = config.split(qkv.values if qkv.scales is None else qkv.float())
        query, key = (
            _rotate(rms_norm(x.float(), (config.head_dim,), None, config.rms_norm_eps) * weights, cos, sin).to(
                config.dtype
            )
            for x, weights in ((query, norms[: config.num_attention_heads]), (key, norms[config.num_attention_heads :]))
        )
        return query, key, value.to(config.dtype)

    def swiglu(self, gate_up: ScaledTensor) -> ScaledTensor:
        """Gives silu(gate) * up for the next product."""
        values = gate_up.values if gate_up.scales is None else gate_up.float()
        gate, up = values.chunk(2, dim=-1)
        return self.ready(silu(gate) * up)

    def ready(self, values: torch.Tensor) -> ScaledTensor:
        """Gives plain rows as the next product takes them."""
        return quantised(values) if self._config.int8 else ScaledTensor(values.to(self._config.dtype))


def quantised(values: torch.Tensor) -> ScaledTensor:
    """Gives rows as int8, each with its own scale: its largest number becomes 127."""
    values = values.float()
    scales = values.abs().amax(dim=1).clamp(min=1e-30) / 127
    return ScaledTensor((values / scales[:, None]).round().to(torch.int8), scales)


def _rotate(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Turns each head by its token's angles `[n, head_size / 2]`, halves paired as in transformers."""
    first, second = heads.chunk(2, dim=-1)
    cos, sin = cos[:, None], sin[:, None]
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)
