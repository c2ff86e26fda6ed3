"""The row-wise steps of the forward pass, each one pass over memory, compiled by numba for this CPU.

Between two matrix products torch walks over the rows five to ten times (norm, weight, cast, halves, cosines, …). On
CPUs with bfloat16 matrix units that took longer than the products themselves. Here each step reads a row once, works
on it in float32 in the first-level cache, and writes it once. One thread, without the GIL: streams run side by side.
The plain twin, and the tests' reference, is `torch_ops.TorchOps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import torch

from .torch_ops import OpsConfig, ScaledTensor

_SAFE = {"reassoc", "contract", "arcp", "nsz", "afn"}  # fast, but NaN and infinity stay what they are
_jit: Any = numba.njit(fastmath=_SAFE, nogil=True, cache=True, error_model="numpy")

FLOAT, HALF, INT8 = 0, 1, 2  # how a row is stored: float32, bfloat16 in uint16, int8 with a scale
_LOG2E = np.float32(1.4426950408889634)
_LN2 = np.float32(0.6931471805599453)
_U16, _U32 = np.uint16, np.uint32
_PART = 512


@_jit
def _read(source: Any, row: Any, bits: Any, form: int) -> None:
    if form == HALF:
        for i in range(row.shape[0]):
            bits[i] = _U32(source[i]) << _U32(16)
    else:
        for i in range(row.shape[0]):
            row[i] = source[i]


@_jit
def _largest(bits: Any) -> Any:
    """Gives the largest number without its sign. Floats order as their bits do, and NaN comes last."""
    top = np.empty(1, np.float32)
    top_bits = _U32(0x0DA24260)  # 1e-30: a row of zeros must not divide by zero
    for i in range(bits.shape[0]):
        top_bits = max(top_bits, _U32(bits[i] & _U32(0x7FFFFFFF)))
    top.view(_U32)[0] = top_bits
    return top[0]


@_jit
def _write(row: Any, bits: Any, out: Any, form: int, factor: Any) -> Any:
    """Stores a row times `factor`; gives the scale that an int8 row must be multiplied with."""
    scale = np.float32(1.0)
    if form == FLOAT:
        for i in range(row.shape[0]):
            out[i] = row[i] * factor
    elif form == HALF:
        for i in range(row.shape[0]):
            row[i] *= factor
        for i in range(row.shape[0]):  # to nearest, ties to even
            out[i] = _U16((bits[i] + _U32(0x7FFF) + ((bits[i] >> _U32(16)) & _U32(1))) >> _U32(16))
    else:
        largest = _largest(bits)
        scale = largest * factor / np.float32(127.0)
        inverse = np.float32(127.0) / largest
        for i in range(row.shape[0]):
            out[i] = np.int8(np.rint(row[i] * inverse))
    return scale


@_jit
def _add_norm(  # noqa: PLR0913, PLR0917 - a kernel takes arrays
    states: Any,
    delta: Any,
    delta_form: int,
    scales: Any,
    weight: Any,
    rms_norm_eps: Any,
    out: Any,
    form: int,
    outs: Any,
) -> None:
    width = states.shape[1]
    row = np.empty(width, np.float32)
    bits = row.view(_U32)
    for t in range(states.shape[0]):
        state = states[t]
        total = np.float32(0.0)
        if delta.shape[0]:
            _read(delta[t], row, bits, delta_form)
            scale = scales[t]
            for i in range(width):
                state[i] += row[i] * scale
        for i in range(width):
            total += state[i] * state[i]
        for i in range(width):
            row[i] = state[i] * weight[i]
        factor = np.float32(1.0) / np.sqrt(total / np.float32(width) + rms_norm_eps)
        outs[t] = _write(row, bits, out[t], form, factor)


@_jit
def _split_heads(  # noqa: PLR0913, PLR0917 - a kernel takes arrays
    qkv: Any, form: int, scales: Any, norms: Any, rms_norm_eps: Any, cos: Any, sin: Any, out: Any
) -> None:
    """Plain indices that start at zero in place of slices and axes: LLVM makes loops of half the time from them."""
    width, half = qkv.shape[1], cos.shape[1]
    num_attention_heads = norms.shape[0] // (2 * half)
    row, turned = np.empty(width, np.float32), np.empty(width, np.float32)
    bits, turned_bits = row.view(_U32), turned.view(_U32)
    for t in range(qkv.shape[0]):
        _read(qkv[t], row, bits, form)
        scale = scales[t]
        for head in range(num_attention_heads):
            first = head * 2 * half
            second = first + half
            total = np.float32(0.0)
            for i in range(2 * half):
                total += row[first + i] * row[first + i]
            factor = scale / np.sqrt(total * scale * scale / np.float32(2 * half) + rms_norm_eps)
            for i in range(half):
                x, y = row[first + i] * norms[first + i] * factor, row[second + i] * norms[second + i] * factor
                turned[first + i] = x * cos[t, i] - y * sin[t, i]
                turned[second + i] = y * cos[t, i] + x * sin[t, i]
        for i in range(norms.shape[0], width):
            turned[i] = row[i] * scale
        _write(turned, turned_bits, out[t], form, np.float32(1.0))


@_jit
def _swiglu(  # noqa: PLR0913, PLR0917 - a kernel takes arrays, and calls cost it its vectors
    gate_up: Any, form: int, scales: Any, out: Any, out_form: int, outs: Any
) -> None:
    """Turns gate x and up into x / (1 + e**-x) * up, in parts that stay in the first-level cache.

    e**-x is a power of two times a series on [-ln 2 / 2, ln 2 / 2], to 2e-7. With slices it takes half as long again.
    """
    width = out.shape[1]
    gate, up, power = np.empty(width, np.float32), np.empty(_PART, np.float32), np.empty(_PART, np.float32)
    bits, up_bits, power_bits = gate.view(_U32), up.view(_U32), power.view(_U32)
    for t in range(gate_up.shape[0]):
        scale = scales[t]
        for part in range((width + _PART - 1) // _PART):
            at = part * _PART
            n = min(_PART, width - at)
            if form == HALF:
                for i in range(n):
                    bits[at + i] = _U32(gate_up[t, at + i]) << _U32(16)
                    up_bits[i] = _U32(gate_up[t, width + at + i]) << _U32(16)
            else:
                for i in range(n):
                    gate[at + i] = gate_up[t, at + i]
                    up[i] = gate_up[t, width + at + i]
            for i in range(n):
                x = min(max(-gate[at + i] * scale * _LOG2E, np.float32(-126.0)), np.float32(126.0))
                whole = np.floor(x + np.float32(0.5))
                f = (x - whole) * _LN2
                term = f * np.float32(1 / 720) + np.float32(1 / 120)
                term = term * f + np.float32(1 / 24)
                term = term * f + np.float32(1 / 6)
                term = term * f + np.float32(0.5)
                term = term * f + np.float32(1.0)
                power_bits[i] = _U32(np.int32(whole) + np.int32(127)) << _U32(23)
                up[i] *= gate[at + i] * scale
                gate[at + i] = term * f + np.float32(1.0)
            for i in range(n):
                gate[at + i] = up[i] / (np.float32(1.0) + power[i] * gate[at + i])
        outs[t] = _write(gate, bits, out[t], out_form, scale)


@_jit
def _quantise(source: Any, form: int, out: Any, outs: Any) -> None:
    row = np.empty(source.shape[1], np.float32)
    for t in range(source.shape[0]):
        _read(source[t], row, row.view(_U32), form)
        outs[t] = _write(row, row.view(_U32), out[t], INT8, np.float32(1.0))


def quantised(values: torch.Tensor) -> ScaledTensor:
    """As `torch_ops.quantised`, in one pass."""
    out = torch.empty(values.shape, dtype=torch.int8)
    scales = torch.empty(len(values), dtype=torch.float32)
    _quantise(_bits(values), _FORMS[values.dtype], out.numpy(), scales.numpy())
    return ScaledTensor(out, scales)


class NumbaOps:
    """As `TorchOps`."""

    def __init__(self, shape: OpsConfig) -> None:
        self._config = shape
        self._form = INT8 if shape.int8 else _FORMS[shape.dtype]
        self._rms_norm_eps = np.float32(shape.rms_norm_eps)
        self._empty = np.empty((0, 1), np.float32)
        self._no_scale = np.ones(0, np.float32)

    def add_norm(self, states: torch.Tensor, delta: ScaledTensor | None, weight: torch.Tensor) -> ScaledTensor:
        """Adds `delta` to the residual stream in place and gives its norm as the next product takes it."""
        values, form, scales = self._opened(delta, len(states))
        out, outs = self._room(states.shape)
        _add_norm(
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
        self, qkv: ScaledTensor, norms: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Gives normed and turned queries and keys, and the values, each `[tokens, heads, head_size]`."""
        shape = self._config
        values, form, scales = self._opened(qkv, len(qkv.values))
        out = torch.empty(values.shape, dtype=shape.dtype)
        angles = cos.numpy(), sin.numpy()
        _split_heads(values, form, scales, norms.numpy().reshape(-1), self._rms_norm_eps, *angles, _bits(out))
        query, key, value = shape.split(out)
        return query, key, value

    def swiglu(self, gate_up: ScaledTensor) -> ScaledTensor:
        """Gives silu(gate) * up as the next product takes it."""
        values, form, scales = self._opened(gate_up, len(gate_up.values))
        out, outs = self._room((len(values), values.shape[1] // 2))
        _swiglu(values, form, scales, _bits(out), self._form, outs.numpy())
        return self._scaled(out, outs)

    def ready(self, values: torch.Tensor) -> ScaledTensor:
        """Gives plain rows as the next product takes them."""
        return quantised(values) if self._config.int8 else ScaledTensor(values)

    def _room(self, shape: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        dtype = torch.int8 if self._config.int8 else self._config.dtype
        return torch.empty(*shape, dtype=dtype), torch.empty(shape[0], dtype=torch.float32)

    def _scaled(self, out: torch.Tensor, scales: torch.Tensor) -> ScaledTensor:
        return ScaledTensor(out, scales if self._config.int8 else None)

    def _opened(self, tensor: ScaledTensor | None, n_rows: int) -> tuple[Any, int, Any]:
        """Gives a product's result as arrays: its values, how they are stored, and the scale of each row."""
        if len(self._no_scale) < n_rows:
            self._no_scale = np.ones(n_rows, np.float32)
        if tensor is None:
            return self._empty, FLOAT, self._no_scale
        scales = self._no_scale if tensor.scales is None else tensor.scales.numpy()
        return _bits(tensor.values), _FORMS[tensor.values.dtype], scales


_FORMS = {torch.float32: FLOAT, torch.bfloat16: HALF}


def _bits(values: torch.Tensor) -> Any:
    """Gives the memory of a tensor as an array, bfloat16 as uint16."""
    if values.dtype == torch.bfloat16:
        return values.view(torch.int16).numpy().view(_U16)
    return values.numpy()
