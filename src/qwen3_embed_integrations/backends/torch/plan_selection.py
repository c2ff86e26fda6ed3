"""Chooses the execution plan of a local model: from what the CPU has, and from a short measurement."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import torch

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.execution_plan import Plan, parse_pins

from .device import HEAVY
from .kernels import linear as linears
from .kernels.linear import Linear, MakeLinear
from .kernels.torch_ops import Rows, RowShape, RowSteps, TorchRows, quantised

_MOST_LANES = 16
_LANE_BLOCK = 512
_SAMPLE = (1024, 1024)  # weight of the short measurement
_SAMPLE_ROWS = 64
_REPEATS = 5
_FASTER = 0.95  # of the plain product's time: a private operator must be worth it


@dataclass(frozen=True)
class Chosen:
    """A plan and why.

    Attributes:
        plan: What computes.
        reasons: One sentence for each choice.
    """

    plan: Plan
    reasons: tuple[str, ...]


def choose_plan(pins: str, device: torch.device, dtype: torch.dtype, n_parameters: int) -> Chosen:
    """Gives the plan for a model, and the reasons.

    Args:
        pins: The option `plan`: what the user has fixed.
        device: Where it runs.
        dtype: Of the products; int8 for int8 products.
        n_parameters: Of the model.

    Raises:
        ConfigError: A pin that can't be kept here.
    """
    fixed = parse_pins(pins)
    if device.type != "cpu":
        return Chosen(_with(Plan(block=1 << 30), fixed), (f"on {device.type} torch's own operations run",))
    lanes = min(torch.get_num_threads(), _MOST_LANES)
    if n_parameters < HEAVY:
        small = f"{n_parameters / 1e6:.0f} million parameters are too few to gain from compiled steps"
        return Chosen(_with(Plan(lanes=lanes), fixed), (small,))
    products, why_products = _choose_products(dtype)
    steps, why_steps = _choose_steps(dtype)
    plan = Plan(products, steps, lanes, _LANE_BLOCK)  # type: ignore[arg-type]  # literals, from two functions below
    if fixed.get("steps") == "compiled" and find_compiled() is None:
        raise ConfigError(f"plan={pins!r}: {why_steps}.")
    return Chosen(
        _with(plan, fixed),
        (why_products, why_steps, f"{lanes} lanes: a batch on each thread, short ones on all threads together"),
    )


def make_steps(plan: Plan, shape: RowShape) -> RowSteps:
    """Gives the row-wise steps of a plan."""
    compiled = _compiled_steps(plan)
    return TorchRows(shape) if compiled is None else compiled.CompiledRows(shape)


def make_linear(plan: Plan, dtype: torch.dtype) -> MakeLinear:
    """Gives what makes a plan's matrix products."""
    if dtype == torch.int8:
        compiled = _compiled_steps(plan)
        make = linears.int8 if plan.products == "prepacked" else linears.int8_plain
        return partial(make, quantise=compiled.quantised if compiled else quantised)
    return linears.prepacked if plan.products == "prepacked" else linears.plain


def find_compiled() -> ModuleType | None:
    """Gives the steps compiled by numba; None where numba is not installed."""
    try:
        from .kernels import numba_ops as compiled
    except ImportError:
        return None
    return compiled


def _compiled_steps(plan: Plan) -> ModuleType | None:
    return find_compiled() if plan.steps == "compiled" else None


def _with(plan: Plan, pins: Mapping[str, Any]) -> Plan:
    return Plan(**{**vars(plan), **pins})


def _choose_steps(dtype: torch.dtype) -> tuple[str, str]:
    if dtype == torch.float16:
        return "torch", "no compiled steps for float16"
    if find_compiled() is None:
        return "torch", 'numba is not installed (pip install "qwen3-embed-integrations[fast]"): steps run in torch'
    return "compiled", "numba is installed: one pass over memory for each step"


def _choose_products(dtype: torch.dtype) -> tuple[str, str]:
    """Times both kinds on one small product, after checking that they agree."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(_SAMPLE, generator=generator)
    values = torch.randn(_SAMPLE_ROWS, _SAMPLE[1], generator=generator)
    plain, packed = (linears.int8_plain, linears.int8) if dtype == torch.int8 else (linears.plain, linears.prepacked)
    rows = quantised(values) if dtype == torch.int8 else Rows(values.to(dtype))
    weight = weight if dtype == torch.int8 else weight.to(dtype)
    try:
        fast = packed(weight)
        ours, theirs = fast(rows).float(), plain(weight)(rows).float()
    except (RuntimeError, AttributeError, NotImplementedError) as error:
        return "plain", f"torch's oneDNN products don't run here ({str(error).partition(chr(10))[0]})"
    if not torch.allclose(ours, theirs, rtol=2e-2, atol=0.5):
        return "plain", "torch's oneDNN products give other numbers here"
    slow_s, fast_s = (_seconds(product, rows) for product in (plain(weight), fast))
    figures = f"{slow_s * 1e6:.0f} µs plain, {fast_s * 1e6:.0f} µs prepacked"
    return ("prepacked", figures) if fast_s < slow_s * _FASTER else ("plain", figures)


def _seconds(product: Linear, rows: Rows) -> float:
    product(rows)
    best = float("inf")
    for _ in range(_REPEATS):
        began = time.perf_counter()
        product(rows)
        best = min(best, time.perf_counter() - began)
    return best
