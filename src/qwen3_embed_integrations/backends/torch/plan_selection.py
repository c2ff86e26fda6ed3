"""Choose the execution plan of a local model, from the CPU's features and a short measurement."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import torch

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.execution_plan import ExecutionPlan, parse_pins

from .device import HEAVY
from .kernels import linear
from .kernels.linear import Linear, MakeLinear
from .kernels.torch_ops import FusedOps, OpsConfig, ScaledTensor, TorchOps, quantised

_MAX_STREAMS = 16
_STREAM_BLOCK_TOKENS = 512
_SAMPLE = (1024, 1024)  # shape of the measured weight
_SAMPLE_ROWS = 64
_REPEATS = 5
_FASTER = 0.95  # share of the plain product's time that a private operator may take


@dataclass(frozen=True)
class Chosen:
    """A plan and its reasons.

    Attributes:
        plan: The chosen plan.
        reasons: One sentence for each choice.
    """

    plan: ExecutionPlan
    reasons: tuple[str, ...]


def choose_plan(pins: str, device: torch.device, dtype: torch.dtype, n_parameters: int) -> Chosen:
    """Choose the plan for a model.

    Args:
        pins: The option `plan`: the fields that the user pinned.
        device: Where the model runs.
        dtype: The dtype of the matrix products; int8 for int8 products.
        n_parameters: The model's size.

    Raises:
        ConfigError: A pinned field can't be used here.
    """
    fixed = parse_pins(pins)
    if device.type != "cpu":
        return Chosen(
            _with(ExecutionPlan(block_tokens=1 << 30), fixed), (f"on {device.type} torch's own operations compute",)
        )
    streams = min(torch.get_num_threads(), _MAX_STREAMS)
    if n_parameters < HEAVY:
        small = f"{n_parameters / 1e6:.0f} million parameters are too few to gain from compiled operations"
        return Chosen(_with(ExecutionPlan(streams=streams), fixed), (small,))
    matmul, why_matmul = _choose_matmul(dtype)
    ops, why_ops = _choose_ops(dtype)
    # literals, from two functions below
    plan = ExecutionPlan(matmul, ops, streams, _STREAM_BLOCK_TOKENS)  # type: ignore[arg-type]
    if fixed.get("ops") == "numba" and find_numba_ops() is None:
        raise ConfigError(f"plan={pins!r}: {why_ops}.")
    return Chosen(
        _with(plan, fixed),
        (why_matmul, why_ops, f"{streams} streams: one batch on each thread, short batches on all threads together"),
    )


def make_ops(plan: ExecutionPlan, shape: OpsConfig) -> FusedOps:
    """Return the operations of a plan."""
    compiled = _numba_ops(plan)
    return TorchOps(shape) if compiled is None else compiled.NumbaOps(shape)


def make_linear(plan: ExecutionPlan, dtype: torch.dtype) -> MakeLinear:
    """Return the function that makes a plan's matrix products from weights."""
    if dtype == torch.int8:
        compiled = _numba_ops(plan)
        make = linear.int8 if plan.matmul == "prepacked" else linear.int8_plain
        return partial(make, quantise=compiled.quantised if compiled else quantised)
    return linear.prepacked if plan.matmul == "prepacked" else linear.plain


def find_numba_ops() -> ModuleType | None:
    """Return the steps compiled by numba; None where numba is not installed."""
    try:
        from .kernels import numba_ops as compiled
    except ImportError:
        return None
    return compiled


def _numba_ops(plan: ExecutionPlan) -> ModuleType | None:
    return find_numba_ops() if plan.ops == "numba" else None


def _with(plan: ExecutionPlan, pins: Mapping[str, Any]) -> ExecutionPlan:
    return ExecutionPlan(**{**vars(plan), **pins})


def _choose_ops(dtype: torch.dtype) -> tuple[str, str]:
    if dtype == torch.float16:
        return "torch", "there are no compiled operations for float16"
    if find_numba_ops() is None:
        return "torch", 'numba is not installed (pip install "qwen3-embed-integrations[fast]"): operations run in torch'
    return "numba", "numba is installed: each operation is one pass over memory"


def _choose_matmul(dtype: torch.dtype) -> tuple[str, str]:
    """Check on a small product that both kinds agree, and time them."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(_SAMPLE, generator=generator)
    values = torch.randn(_SAMPLE_ROWS, _SAMPLE[1], generator=generator)
    plain, packed = (linear.int8_plain, linear.int8) if dtype == torch.int8 else (linear.plain, linear.prepacked)
    inputs = quantised(values) if dtype == torch.int8 else ScaledTensor(values.to(dtype))
    weight = weight if dtype == torch.int8 else weight.to(dtype)
    try:
        fast = packed(weight)
        ours, theirs = fast(inputs).float(), plain(weight)(inputs).float()
    except (RuntimeError, AttributeError, NotImplementedError) as error:
        return "plain", f"torch's oneDNN products don't run here ({str(error).partition(chr(10))[0]})"
    if not torch.allclose(ours, theirs, rtol=2e-2, atol=0.5):
        return "plain", "torch's oneDNN products return other numbers here"
    slow_s, fast_s = (_seconds(product, inputs) for product in (plain(weight), fast))
    timings = f"{slow_s * 1e6:.0f} µs plain, {fast_s * 1e6:.0f} µs prepacked"
    return ("prepacked", timings) if fast_s < slow_s * _FASTER else ("plain", timings)


def _seconds(product: Linear, inputs: ScaledTensor) -> float:
    product(inputs)
    best = float("inf")
    for _ in range(_REPEATS):
        began = time.perf_counter()
        product(inputs)
        best = min(best, time.perf_counter() - began)
    return best
