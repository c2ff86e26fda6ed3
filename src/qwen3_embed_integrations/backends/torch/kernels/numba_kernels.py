"""The kernels of `numba_ops`: each operation between matrix products in one pass over memory, compiled for this CPU.

Between two products torch reads the rows five to ten times (norm, weight, cast, rotation, …), which took longer than
the products themselves on CPUs with bfloat16 matrix units. Here each operation reads a row once, computes in float32 in
the first-level cache, and writes the row once. It runs on one thread without the GIL, so that streams run in parallel.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_SAFE = {"reassoc", "contract", "arcp", "nsz", "afn"}  # fast, but NaN and infinity are kept
_jit: Any = numba.njit(fastmath=_SAFE, nogil=True, cache=True, error_model="numpy")

FLOAT, HALF, INT8, UINT8 = 0, 1, 2, 3  # storage of a row: float32, bfloat16 in uint16, 8 bits with a scale
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
    """Return the largest absolute value. The bits of positive floats order as the floats do, and NaN comes last."""
    top = np.empty(1, np.float32)
    top_bits = _U32(0x0DA24260)  # 1e-30, so that a row of zeros doesn't divide by zero
    for i in range(bits.shape[0]):
        top_bits = max(top_bits, _U32(bits[i] & _U32(0x7FFFFFFF)))
    top.view(_U32)[0] = top_bits
    return top[0]


@_jit
def _write_8_bits(row: Any, bits: Any, out: Any, form: int, factor: Any) -> Any:
    """Store a row times `factor` in int8 or uint8; return its scale."""
    largest = _largest(bits)
    inverse = np.float32(127.0) / largest
    if form == INT8:
        for i in range(row.shape[0]):
            out[i] = np.int8(np.rint(row[i] * inverse))
    else:
        for i in range(row.shape[0]):
            out[i] = np.uint8(np.rint(row[i] * inverse) + np.float32(128.0))
    return largest * factor / np.float32(127.0)


@_jit
def _write(row: Any, bits: Any, out: Any, form: int, factor: Any) -> Any:
    """Store a row times `factor`; return the scale of a row in 8 bits, else 1."""
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
        scale = _write_8_bits(row, bits, out, form, factor)
    return scale


@_jit
def add_norm(  # noqa: PLR0913, PLR0917 - a kernel takes arrays
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
    """Add `delta` times its scales to `states` in place; store the norm in `out` and its scales in `outs`."""
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
def split_heads(  # noqa: PLR0913, PLR0917 - a kernel takes arrays
    qkv: Any, form: int, scales: Any, norms: Any, rms_norm_eps: Any, cos: Any, sin: Any, out: Any, out_form: int
) -> None:
    """Norm and rotate queries and keys, copy values. Plain indices are twice as fast as slices and axes."""
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
        _write(turned, turned_bits, out[t], out_form, np.float32(1.0))


@_jit
def swiglu(  # noqa: PLR0913, PLR0917 - a kernel takes arrays; calls would keep LLVM from vectorising
    gate_up: Any, form: int, scales: Any, out: Any, out_form: int, outs: Any
) -> None:
    """Compute gate / (1 + e**-gate) * up, in parts that stay in the first-level cache.

    e**-x is a power of two times a Taylor series on [-ln 2 / 2, ln 2 / 2], to 2e-7. Slices would be 1.5 times slower.
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
def quantise(source: Any, form: int, out: Any, out_form: int, outs: Any) -> None:
    """Store each row of `source` in `out` in 8 bits, and its scale in `outs`."""
    row = np.empty(source.shape[1], np.float32)
    for t in range(source.shape[0]):
        _read(source[t], row, row.view(_U32), form)
        outs[t] = _write(row, row.view(_U32), out[t], out_form, np.float32(1.0))
