"""The row-wise steps between matrix products, in plain torch: on any device, and the reference of `compiled`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn.functional import rms_norm, silu


@dataclass(frozen=True)
class Rows:
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
class RowShape:
    """What the steps need to know of the model.

    Attributes:
        n_heads: Query heads.
        n_kv_heads: Key and value heads.
        head_size: Numbers in one head.
        epsilon: Of the norms.
        dtype: Of queries, keys, values and of what goes into plain matrix products.
        int8: Whether the products take int8 rows with a scale.
    """

    n_heads: int
    n_kv_heads: int
    head_size: int
    epsilon: float
    dtype: torch.dtype
    int8: bool = False

    def split(self, qkv: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Gives a product's queries, keys and values, `[n, heads, head_size]` each."""
        heads = qkv.view(len(qkv), -1, self.head_size)
        return torch.split(heads, [self.n_heads, self.n_kv_heads, self.n_kv_heads], dim=1)


class RowSteps(Protocol):
    """The steps, whoever computes them."""

    def add_norm(self, states: torch.Tensor, delta: Rows | None, weight: torch.Tensor) -> Rows:
        """Adds `delta` to the residual stream `[n, width]` in place and gives its norm for the next product."""
        ...

    def split_heads(
        self, qkv: Rows, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Gives normed and turned queries and keys, and the values, each `[n, heads, head_size]`.

        `norms` holds the norm's weights for each head of queries and keys, `[heads, head_size]`.
        """
        ...

    def swiglu(self, gate_up: Rows) -> Rows:
        """Gives silu(gate) * up for the next product."""
        ...

    def ready(self, values: torch.Tensor) -> Rows:
        """Gives plain rows as the next product takes them."""
        ...


class TorchRows:
    """The steps in torch's own operations, in float32 whatever the products' dtype is."""

    def __init__(self, shape: RowShape) -> None:
        self._shape = shape

    def add_norm(self, states: torch.Tensor, delta: Rows | None, weight: torch.Tensor) -> Rows:
        """Adds `delta` to the residual stream `[n, width]` in place and gives its norm for the next product."""
        if delta is not None:
            states += delta.float()
        return self.ready(rms_norm(states, (states.shape[1],), weight, self._shape.epsilon))

    def split_heads(
        self, qkv: Rows, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Gives normed and turned queries and keys, and the values, each `[n, heads, head_size]`."""
        shape = self._shape
        query, key, value = shape.split(qkv.values if qkv.scales is None else qkv.float())
        query, key = (
            _rotate(rms_norm(x.float(), (shape.head_size,), None, shape.epsilon) * weights, cos, sin).to(shape.dtype)
            for x, weights in ((query, norms[: shape.n_heads]), (key, norms[shape.n_heads :]))
        )
        return query, key, value.to(shape.dtype)

    def swiglu(self, gate_up: Rows) -> Rows:
        """Gives silu(gate) * up for the next product."""
        values = gate_up.values if gate_up.scales is None else gate_up.float()
        gate, up = values.chunk(2, dim=-1)
        return self.ready(silu(gate) * up)

    def ready(self, values: torch.Tensor) -> Rows:
        """Gives plain rows as the next product takes them."""
        return quantised(values) if self._shape.int8 else Rows(values.to(self._shape.dtype))


def quantised(values: torch.Tensor) -> Rows:
    """Gives rows as int8, each with its own scale: its largest number becomes 127."""
    values = values.float()
    scales = values.abs().amax(dim=1).clamp(min=1e-30) / 127
    return Rows((values / scales[:, None]).round().to(torch.int8), scales)


def _rotate(heads: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Turns each head by its token's angles `[n, head_size / 2]`, halves paired as in transformers."""
    first, second = heads.chunk(2, dim=-1)
    cos, sin = cos[:, None], sin[:, None]
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)
