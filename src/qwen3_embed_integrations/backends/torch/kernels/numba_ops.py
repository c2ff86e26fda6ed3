"""The operations between matrix products, fused and compiled by numba. The tests' reference is `torch_ops.TorchOps`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from . import numba_kernels as kernels
from .numba_kernels import FLOAT, HALF, INT8, UINT8
from .torch_ops import OpsConfig, ScaledTensor


def quantised(values: torch.Tensor, dtype: torch.dtype = torch.int8) -> ScaledTensor:
    """Quantise as `torch_ops.quantised` does, in one pass."""
    out = torch.empty(values.shape, dtype=dtype)
    scales = torch.empty(len(values), dtype=torch.float32)
    kernels.quantise(_bits(values), _FORMS[values.dtype], out.numpy(), _FORMS[dtype], scales.numpy())
    return ScaledTensor(out, scales)


class NumbaOps:
    """The operations of `TorchOps`, fused."""

    def __init__(self, config: OpsConfig) -> None:
        self._config = config
        self._form = _FORMS[config.quantised or config.dtype]
        self._rms_norm_eps = np.float32(config.rms_norm_eps)
        self._empty = np.empty((0, 1), np.float32)
        self._no_scale = np.ones(0, np.float32)

    def add_norm(self, states: torch.Tensor, delta: ScaledTensor | None, weight: torch.Tensor) -> ScaledTensor:
        """Add `delta` to the residual stream in place and return its norm in the next product's form."""
        values, form, scales = self._opened(delta, len(states))
        out, outs = self._room(states.shape)
        kernels.add_norm(
            states.numpy(),
            values,
            form,
            scales,
            weight.numpy(),
            self._rms_norm_eps,
            _bits(out),
            self._form,
            outs.numpy(),
        )
        return self._scaled(out, outs)

    def split_heads(
        self, heads: ScaledTensor, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Norm and rotate the heads that have norms; return them, and the rest, each `[n, heads, head_dim]`."""
        config = self._config
        values, form, scales = self._opened(heads, len(heads.values))
        out = torch.empty(values.shape, dtype=config.heads_dtype)
        kernels.split_heads(
            values,
            form,
            scales,
            norms.numpy().reshape(-1),
            self._rms_norm_eps,
            cos.numpy(),
            sin.numpy(),
            _bits(out),
            _FORMS[config.heads_dtype],
        )
        found = out.view(len(out), -1, config.head_dim)
        return found[:, : norms.shape[0]], found[:, norms.shape[0] :]

    def swiglu(self, gate_up: ScaledTensor) -> ScaledTensor:
        """Return silu(gate) * up in the next product's form."""
        values, form, scales = self._opened(gate_up, len(gate_up.values))
        out, outs = self._room((len(values), values.shape[1] // 2))
        kernels.swiglu(values, form, scales, _bits(out), self._form, outs.numpy())
        return self._scaled(out, outs)

    def ready(self, values: torch.Tensor, /) -> ScaledTensor:
        """Return plain rows in the next product's form."""
        config = self._config
        if config.quantised is None:
            return ScaledTensor(values.to(config.dtype))
        return quantised(values, config.quantised)

    def _room(self, shape: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        dtype = self._config.quantised or self._config.dtype
        return torch.empty(*shape, dtype=dtype), torch.empty(shape[0], dtype=torch.float32)

    def _scaled(self, out: torch.Tensor, scales: torch.Tensor) -> ScaledTensor:
        return ScaledTensor(out, None if self._config.quantised is None else scales)

    def _opened(self, tensor: ScaledTensor | None, n_rows: int) -> tuple[Any, int, Any]:
        """Return a product's result as arrays: its values, their storage, and the scale of each row."""
        if len(self._no_scale) < n_rows:
            self._no_scale = np.ones(n_rows, np.float32)
        if tensor is None:
            return self._empty, FLOAT, self._no_scale
        scales = self._no_scale if tensor.scales is None else tensor.scales.numpy()
        return _bits(tensor.values), _FORMS[tensor.values.dtype], scales


_FORMS = {torch.float32: FLOAT, torch.bfloat16: HALF, torch.int8: INT8, torch.uint8: UINT8}


def _bits(values: torch.Tensor) -> Any:
    """Return a view of a tensor's memory as an array, bfloat16 as uint16."""
    if values.dtype == torch.bfloat16:
        return values.view(torch.int16).numpy().view(np.uint16)
    return values.numpy()
