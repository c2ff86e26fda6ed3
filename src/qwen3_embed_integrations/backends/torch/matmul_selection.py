"""Choose how a CPU multiplies matrices in a dtype, by a short measurement."""

from __future__ import annotations

import time
import warnings

import torch

from qwen3_embed_integrations.core.execution_plan import Matmul

from .device import has_bfloat16_matmul, has_signed_int8_matmul
from .kernels import linear
from .kernels.linear import Linear
from .kernels.torch_ops import ScaledTensor, as_uint8, quantised

_SAMPLE = (1024, 1024)  # shape of the measured weight
_SAMPLE_ROWS = 64
_TRIAL = (128, 128)  # shape of a product that shows whether oneDNN has a kernel or takes its reference code,
_TRIAL_RATIO = 50  # which needs 400 times as long for it as a kernel; measured against float32, also on a busy machine
_REPEATS = 5
_FASTER = 0.95  # share of the simplest product's time that another one may take
_UNSUPPORTED = (RuntimeError, AttributeError, NotImplementedError)  # what torch raises for a product it doesn't have


def choose_matmul(dtype: torch.dtype) -> tuple[Matmul, str]:
    """Choose the products for weights of `dtype` on this CPU.

    Returns:
        The choice and one sentence that says why.
    """
    if dtype == torch.int8:
        return _choose_int8()
    if dtype == torch.bfloat16 and not has_bfloat16_matmul():
        return _choose_without_bfloat16()
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(_SAMPLE, generator=generator).to(dtype)
    inputs = ScaledTensor(torch.randn(_SAMPLE_ROWS, _SAMPLE[1], generator=generator).to(dtype))
    plain = linear.plain(weight)
    try:
        packed = linear.prepacked(weight)
        ours, theirs = packed(inputs).float(), plain(inputs).float()
    except _UNSUPPORTED as error:
        return "plain", f"torch's oneDNN products don't run here ({_first_line(error)})"
    if not torch.allclose(ours, theirs, rtol=2e-2, atol=0.5):
        return "plain", "torch's oneDNN products return other numbers here"
    slow_s, fast_s = _seconds(plain, inputs), _seconds(packed, inputs)
    timings = f"{_micro(slow_s)} plain, {_micro(fast_s)} prepacked"
    return ("prepacked", timings) if fast_s < slow_s * _FASTER else ("plain", timings)


def why_not_prepacked(dtype: torch.dtype) -> str:
    """Return why oneDNN's products of `dtype` don't run here, "" if they do."""
    try:
        if dtype == torch.int8:
            _int8_product(torch.eye(8))(int8_rows(torch.eye(8)))
        else:
            linear.prepacked(torch.eye(8, dtype=dtype))(ScaledTensor(torch.eye(8, dtype=dtype)))
    except _UNSUPPORTED as error:
        return _first_line(error)
    return ""


def int8_rows(values: torch.Tensor) -> ScaledTensor:
    """Quantise rows as the int8 products of this CPU take them."""
    return quantised(values) if int8_inputs() == torch.int8 else as_uint8(quantised(values))


def int8_inputs() -> torch.dtype:
    """Return the dtype of the rows that int8 products take: int8 where the CPU multiplies signed rows, else uint8."""
    return torch.int8 if has_signed_int8_matmul() else torch.uint8


def int8_output() -> torch.dtype:
    """Return the dtype of the result of int8 products: without bfloat16 in hardware oneDNN has no kernel for it."""
    return torch.bfloat16 if has_bfloat16_matmul() else torch.float32


def _choose_without_bfloat16() -> tuple[Matmul, str]:
    """Compare torch's own bfloat16 product with the float32 product of stored bfloat16."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(_SAMPLE, generator=generator).bfloat16()
    values = torch.randn(_SAMPLE_ROWS, _SAMPLE[1], generator=generator)
    upcast_s = _seconds(linear.upcast(weight), ScaledTensor(values))
    with warnings.catch_warnings():  # on ARM without bfloat16 torch warns that it takes another product: it is timed
        warnings.filterwarnings("ignore", "mkldnn_matmul failed")
        plain_s = _seconds(linear.plain(weight), ScaledTensor(values.bfloat16()))
    timings = f"{_micro(plain_s)} in bfloat16, {_micro(upcast_s)} in float32"
    if plain_s < upcast_s * _FASTER:
        return "plain", timings
    return "upcast", (
        "this CPU doesn't multiply bfloat16 in hardware: weights are stored in bfloat16 and multiplied in float32 "
        f"({timings})"
    )


def _choose_int8() -> tuple[Matmul, str]:
    """Compare oneDNN's int8 product with float32's, and with the float32 product of stored int8."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(_SAMPLE, generator=generator)
    values = torch.randn(_SAMPLE_ROWS, _SAMPLE[1], generator=generator)
    if problem := _int8_problem(weight, values):
        return "upcast", f"{problem}: weights are stored in int8 and multiplied in float32"
    int8_s = _seconds(_int8_product(weight), int8_rows(values))
    float_s = _seconds(linear.plain(weight), ScaledTensor(values))
    upcast_s = _seconds(linear.upcast_int8(weight), ScaledTensor(values))
    timings = f"{_micro(int8_s)} in int8, {_micro(float_s)} in float32, {_micro(upcast_s)} in float32 on stored int8"
    if int8_s < upcast_s * _FASTER:
        cut = "; weights have 7 bits, because 8 would overflow on this CPU" if linear.saturates() else ""
        return "prepacked", timings + cut
    return "upcast", f"{timings}: weights are stored in int8 and multiplied in float32"


def _int8_problem(weight: torch.Tensor, values: torch.Tensor) -> str:
    """Return why oneDNN's int8 products can't be used here, "" if they can; the slow ones are tried on few numbers."""
    try:
        trial = torch.ones(_TRIAL)
        float_s = _seconds(linear.plain(trial), ScaledTensor(trial[:16]))
        if _seconds(_int8_product(trial), int8_rows(trial[:16])) > _TRIAL_RATIO * float_s:
            return "torch's oneDNN int8 products run in reference code here"
        found = _int8_product(weight)(int8_rows(values)).float()
    except _UNSUPPORTED as error:
        return f"torch's oneDNN int8 products don't run here ({_first_line(error)})"
    exact = values @ weight.T
    is_near = (found - exact).norm() < 0.05 * exact.norm()  # rounding to 7 and 8 bits takes 0.02
    return "" if is_near else "torch's oneDNN int8 products return other numbers here"


def _int8_product(weight: torch.Tensor) -> Linear:
    return linear.int8(weight, int8_output())


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def _seconds(product: Linear, inputs: ScaledTensor) -> float:
    product(inputs)
    best = float("inf")
    for _ in range(_REPEATS):
        began = time.perf_counter()
        product(inputs)
        best = min(best, time.perf_counter() - began)
    return best
