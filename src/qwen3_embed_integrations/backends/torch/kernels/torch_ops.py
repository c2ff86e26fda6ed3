"""The operations between matrix products in plain torch: for any device, and the reference of `numba_ops`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn.functional import rms_norm, silu

ZERO_POINT = 128
"""The number that stands for 0 in uint8 rows."""


@dataclass(frozen=True)
class ScaledTensor:
    """The input or output of a matrix product.

    Attributes:
        values: `[n, features]`; in uint8, `ZERO_POINT` stands for 0.
        scales: `[n]` float32, the factor of each row; None for none.
    """

    values: torch.Tensor
    scales: torch.Tensor | None = None

    def float(self) -> torch.Tensor:
        """Return the values times their scales, in float32."""
        values = self.values.float()
        if self.values.dtype == torch.uint8:
            values -= ZERO_POINT
        return values if self.scales is None else values * self.scales[:, None]

    @property
    def row_scales(self) -> torch.Tensor:
        """The scales of quantised rows, `[n]` float32.

        Raises:
            TypeError: The rows are not quantised.
        """
        if self.scales is None:
            raise TypeError("quantised rows have scales")
        return self.scales


@dataclass(frozen=True)
class OpsConfig:
    """What the operations need to know about the model.

    Attributes:
        num_attention_heads: Number of query heads.
        num_key_value_heads: Number of key and value heads.
        head_dim: Width of one head.
        rms_norm_eps: Epsilon of the norms.
        dtype: The dtype of queries, keys and values, and of the inputs of products that are not quantised.
        quantised: int8 or uint8 if products take rows in 8 bits with a scale each; None if not.
    """

    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float
    dtype: torch.dtype
    quantised: torch.dtype | None = None

    def split(self, qkv: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Split a product's output into queries, keys and values, `[n, heads, head_dim]` each."""
        heads = qkv.view(len(qkv), -1, self.head_dim)
        return torch.split(heads, [self.num_attention_heads, self.num_key_value_heads, self.num_key_value_heads], dim=1)


class FusedOps(Protocol):
    """The operations between matrix products."""

    def add_norm(self, states: torch.Tensor, delta: ScaledTensor | None, weight: torch.Tensor) -> ScaledTensor:
        """Add `delta` to the residual stream `[n, hidden_size]` in place; return its norm for the next product."""
        ...

    def split_heads(
        self, qkv: ScaledTensor, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Norm and rotate queries and keys; return them and the values, each `[n, heads, head_dim]`.

        `norms` are the norm's weights for each head of queries and keys, `[heads, head_dim]`.
        """
        ...

    def swiglu(self, gate_up: ScaledTensor) -> ScaledTensor:
        """Return silu(gate) * up in the next product's form."""
        ...

    def ready(self, values: torch.Tensor, /) -> ScaledTensor:
        """Return plain rows in the next product's form."""
        ...


class TorchOps:
    """The operations in torch, computed in float32 whatever the dtype of the products is."""

    def __init__(self, config: OpsConfig) -> None:
        self._config = config
        self._eps = config.rms_norm_eps
        self._n_rotated = config.num_attention_heads + config.num_key_value_heads
        as_is = config.quantised is None and config.dtype == torch.float32  # what the operations compute in
        self.ready: Callable[[torch.Tensor], ScaledTensor] = ScaledTensor if as_is else self._ready

    def add_norm(self, states: torch.Tensor, delta: ScaledTensor | None, weight: torch.Tensor) -> ScaledTensor:
        """Add `delta` to the residual stream `[n, hidden_size]` in place; return its norm for the next product."""
        if delta is not None:
            states += delta.values if delta.scales is None else delta.float()
        return self.ready(rms_norm(states, states.shape[1:], weight, self._eps))

    def split_heads(
        self, qkv: ScaledTensor, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Norm and rotate queries and keys; return them and the values, each `[n, heads, head_dim]`."""
        config = self._config
        values = qkv.values if qkv.scales is None else qkv.float()
        heads = values.view(values.shape[0], -1, config.head_dim)
        rotated, value = heads[:, : self._n_rotated], heads[:, self._n_rotated :]
        normed = rms_norm(rotated.float(), norms.shape[1:], None, self._eps) * norms
        rotated = _rotate(normed, cos, sin).to(config.dtype)
        n_queries = config.num_attention_heads
        return rotated[:, :n_queries], rotated[:, n_queries:], value.to(config.dtype)

    def swiglu(self, gate_up: ScaledTensor) -> ScaledTensor:
        """Return silu(gate) * up in the next product's form."""
        values = gate_up.values if gate_up.scales is None else gate_up.float()
        gate, up = values.chunk(2, dim=-1)
        return self.ready(silu(gate) * up)

    def _ready(self, values: torch.Tensor) -> ScaledTensor:
        if self._config.quantised is None:
            return ScaledTensor(values.to(self._config.dtype))
        rows = quantised(values)
        return rows if self._config.quantised == torch.int8 else as_uint8(rows)


def quantised(values: torch.Tensor, largest: int = 127) -> ScaledTensor:
    """Quantise rows to int8, each with its own scale: its largest absolute value becomes `largest`."""
    values = values.float()
    scales = values.abs().amax(dim=1).clamp(min=1e-30) / largest
    return ScaledTensor((values / scales[:, None]).round().to(torch.int8), scales)


def as_uint8(rows: ScaledTensor) -> ScaledTensor:
    """Move int8 rows to uint8, where `ZERO_POINT` stands for 0: without AVX-512, oneDNN is faster on uint8."""
    return ScaledTensor((rows.values.to(torch.int16) + ZERO_POINT).to(torch.uint8), rows.scales)


def _rotate(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotate each head by its token's angles `[n, head_dim / 2]`, halves paired as in transformers."""
    first, second = heads.chunk(2, dim=-1)
    cos, sin = cos[:, None], sin[:, None]
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)
