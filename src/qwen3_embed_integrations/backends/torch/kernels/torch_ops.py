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

    def __getitem__(self, rows: torch.Tensor) -> ScaledTensor:
        """Return these rows, with their scales."""
        return ScaledTensor(self.values[rows], None if self.scales is None else self.scales[rows])

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
        head_dim: Width of one head.
        rms_norm_eps: Epsilon of the norms.
        dtype: The dtype of the inputs of products that are not quantised.
        heads_dtype: The dtype of queries, keys and values.
        quantised: int8 or uint8 if products take rows in 8 bits with a scale each; None if not.
    """

    head_dim: int
    rms_norm_eps: float
    dtype: torch.dtype
    heads_dtype: torch.dtype
    quantised: torch.dtype | None = None


class FusedOps(Protocol):
    """The operations between matrix products."""

    def add_norm(self, states: torch.Tensor, delta: ScaledTensor | None, weight: torch.Tensor) -> ScaledTensor:
        """Add `delta` to the residual stream `[n, hidden_size]` in place; return its norm for the next product."""
        ...

    def split_heads(
        self, heads: ScaledTensor, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Norm and rotate the first heads of a product, its queries and keys; return them, and the rest: its values.

        `norms` are the norm's weights for each head of queries and keys, `[heads, head_dim]`. Each result is
        `[n, heads, head_dim]`.
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
        as_is = config.quantised is None and config.dtype == torch.float32  # what the operations compute in
        self.ready: Callable[[torch.Tensor], ScaledTensor] = ScaledTensor if as_is else self._ready

    def add_norm(self, states: torch.Tensor, delta: ScaledTensor | None, weight: torch.Tensor) -> ScaledTensor:
        """Add `delta` to the residual stream `[n, hidden_size]` in place; return its norm for the next product."""
        if delta is not None:
            states += delta.values if delta.scales is None else delta.float()
        return self.ready(rms_norm(states, states.shape[1:], weight, self._eps))

    def split_heads(
        self, heads: ScaledTensor, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Norm and rotate the heads that have norms; return them, and the rest, each `[n, heads, head_dim]`."""
        config, n_rotated = self._config, norms.shape[0]
        values = heads.values if heads.scales is None else heads.float()
        values = values.view(values.shape[0], -1, config.head_dim)
        normed = rms_norm(values[:, :n_rotated].float(), norms.shape[1:], None, self._eps) * norms
        return _rotate(normed, cos, sin).to(config.heads_dtype), values[:, n_rotated:].to(config.heads_dtype)

    def swiglu(self, gate_up: ScaledTensor) -> ScaledTensor:
        """Return silu(gate) * up in the next product's form."""
        values = gate_up.values if gate_up.scales is None else gate_up.float()
        gate, up = values.chunk(2, dim=-1)
        return self.ready(silu(gate).mul_(up))

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
    out = torch.empty_like(heads)
    turned_first, turned_second = out.chunk(2, dim=-1)
    torch.mul(first, cos, out=turned_first).addcmul_(second, sin, value=-1)
    torch.mul(second, cos, out=turned_second).addcmul_(first, sin)
    return out
