"""The steps between a GPU's matrix products in torch: for devices without Triton, and the reference of `triton_ops`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn.functional import rms_norm, silu

QKV = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class GpuOpsConfig:
    """What the steps need to know about the model.

    Attributes:
        num_attention_heads: Number of query heads.
        num_key_value_heads: Number of key and value heads.
        head_dim: Width of one head.
        rms_norm_eps: Epsilon of the norms.
        dtype: The dtype of the products' inputs and outputs.
    """

    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float
    dtype: torch.dtype


@dataclass(frozen=True)
class PrefixPlaces:
    """Where keys and values go when a shared prefix stands in front of each sequence's own.

    Attributes:
        key: One layer's keys of the prefix, `[prefix tokens, num_key_value_heads, head_dim]`.
        value: The shape of `key`.
        places: `[tokens]` int64, the row of each token's key and value.
        starts: `[n]` int64, the row of the first key of each sequence's prefix.
        n_places: Number of places: tokens, and the prefix once for each sequence.
    """

    key: torch.Tensor
    value: torch.Tensor
    places: torch.Tensor
    starts: torch.Tensor
    n_places: int


class GpuOps(Protocol):
    """The steps between matrix products; the residual stream, norms and angles are float32."""

    def add_norm(
        self,
        states: torch.Tensor,
        delta: torch.Tensor | None,
        weight: torch.Tensor,
        factor: float = 1.0,
        dtype: torch.dtype | None = None,
    ) -> torch.Tensor:
        """Add `delta * factor` to the residual stream in place and return its norm.

        Args:
            states: `[n, hidden_size]` float32.
            delta: `[n, hidden_size]`; None to add nothing.
            weight: `[hidden_size]` float32.
            factor: Factor of `delta`.
            dtype: The dtype of the norm; None for that of the products.
        """
        ...

    def split_heads(
        self,
        qkv: torch.Tensor,
        norms: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        prefix: PrefixPlaces | None = None,
    ) -> QKV:
        """Norm and rotate queries and keys; return them and the values, each `[places, heads, head_dim]`.

        Args:
            qkv: `[n, (query, key and value heads) * head_dim]`.
            norms: `[query and key heads, head_dim]` float32.
            cos: `[n, head_dim / 2]` float32.
            sin: The shape of `cos`.
            prefix: Written in front of each sequence's keys and values; None for none.
        """
        ...

    def swiglu(self, gate_up: torch.Tensor, factor: float = 1.0) -> torch.Tensor:
        """Return `silu(gate) * up * factor`, `[n, intermediate_size]`, from `[n, 2 * intermediate_size]`."""
        ...


class TorchGpuOps:
    """The steps in torch, computed in float32 whatever the dtype of the products is."""

    def __init__(self, config: GpuOpsConfig) -> None:
        self._config = config

    def add_norm(
        self,
        states: torch.Tensor,
        delta: torch.Tensor | None,
        weight: torch.Tensor,
        factor: float = 1.0,
        dtype: torch.dtype | None = None,
    ) -> torch.Tensor:
        """Add `delta * factor` to `states` in place and return its norm."""
        if delta is not None:
            states.add_(delta.float(), alpha=factor)
        return rms_norm(states, states.shape[1:], weight, self._config.rms_norm_eps).to(dtype or self._config.dtype)

    def split_heads(
        self,
        qkv: torch.Tensor,
        norms: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        prefix: PrefixPlaces | None = None,
    ) -> QKV:
        """Norm and rotate queries and keys; return them and the values."""
        config = self._config
        n_queries, n_rotated = config.num_attention_heads, config.num_attention_heads + config.num_key_value_heads
        heads = qkv.view(len(qkv), -1, config.head_dim)
        normed = rms_norm(heads[:, :n_rotated].float(), (config.head_dim,), None, config.rms_norm_eps) * norms
        first, second = normed.chunk(2, dim=-1)
        cos, sin = cos[:, None], sin[:, None]
        rotated = torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1).to(config.dtype)
        query, key, value = rotated[:, :n_queries], rotated[:, n_queries:], heads[:, n_rotated:]
        if prefix is None:
            return query, key, value
        return query, _behind(prefix.key, key, prefix), _behind(prefix.value, value, prefix)

    def swiglu(self, gate_up: torch.Tensor, factor: float = 1.0) -> torch.Tensor:
        """Return `silu(gate) * up * factor`."""
        gate, up = gate_up.float().chunk(2, dim=-1)
        return (silu(gate) * up * factor).to(self._config.dtype)


def _behind(shared: torch.Tensor, own: torch.Tensor, prefix: PrefixPlaces) -> torch.Tensor:
    """Return each sequence's rows behind those of the prefix, `[n_places, heads, head_dim]`."""
    out = own.new_empty(prefix.n_places, *own.shape[1:])
    out[prefix.places] = own
    out[prefix.starts[:, None] + torch.arange(len(shared), device=own.device)] = shared
    return out
