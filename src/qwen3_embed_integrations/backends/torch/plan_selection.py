"""Choose the execution plan of a local model, from the CPU's features and a short measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import torch

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.execution_plan import ExecutionPlan, parse_pins

from .device import HEAVY, has_amx, has_bfloat16_matmul
from .kernels import linear
from .kernels.linear import MakeLinear
from .kernels.torch_ops import FusedOps, OpsConfig, TorchOps
from .matmul_selection import choose_matmul, int8_inputs, int8_output, why_not_prepacked

_MAX_STREAMS = 16
_STREAM_BLOCK_TOKENS = 512


@dataclass(frozen=True)
class Chosen:
    """A plan and its reasons.

    Attributes:
        plan: The chosen plan.
        reasons: One sentence for each choice.
        low_memory: Why the weights are stored in a smaller dtype than asked for; "" if they aren't.
    """

    plan: ExecutionPlan
    reasons: tuple[str, ...]
    low_memory: str = ""


def choose_plan(pins: str, device: torch.device, dtype: torch.dtype, n_parameters: int, low_memory: str = "") -> Chosen:
    """Choose the plan for a model.

    Args:
        pins: The option `plan`: the fields that the user pinned.
        device: Where the model runs.
        dtype: The dtype of the matrix products; int8 for int8 products.
        n_parameters: The model's size.
        low_memory: Why `dtype` only stores the weights, and float32 multiplies them; "" if it doesn't.

    Raises:
        ConfigError: A pinned field can't be used here.
    """
    fixed = parse_pins(pins)
    if device.type != "cpu":
        return Chosen(
            _with(ExecutionPlan(block_tokens=1 << 30), fixed), (f"on {device.type} torch's own operations compute",)
        )
    _raise_if_unusable(pins, fixed, dtype)
    streams = min(torch.get_num_threads(), _MAX_STREAMS)
    if n_parameters < HEAVY:
        matmul = "plain" if _multiplies(dtype) and not low_memory else "upcast"
        small = f"{n_parameters / 1e6:.0f} million parameters are too few to gain from compiled operations"
        # a literal
        plan = ExecutionPlan(matmul, streams=streams, block_tokens=_STREAM_BLOCK_TOKENS)  # type: ignore[arg-type]
        plan = _with(plan, fixed)
        stored = f"weights are stored in {str(dtype).removeprefix('torch.')} and multiplied in float32"
        reasons = [low_memory] if low_memory else [stored] if plan.matmul == "upcast" else []
        return Chosen(plan, (*reasons, small), low_memory)
    matmul, why_matmul = ("upcast", low_memory) if low_memory else choose_matmul(dtype)
    ops, why_ops = _choose_ops(dtype)
    # literals, from two functions
    plan = ExecutionPlan(matmul, ops, streams, _STREAM_BLOCK_TOKENS)  # type: ignore[arg-type]
    return Chosen(
        _with(plan, fixed),
        (why_matmul, why_ops, f"{streams} streams: one batch on each thread, short batches on all threads together"),
        low_memory,
    )


def _raise_if_unusable(pins: str, fixed: Mapping[str, Any], dtype: torch.dtype) -> None:
    if fixed.get("ops") == "numba" and find_numba_ops() is None:
        raise ConfigError(f"plan={pins!r}: {_choose_ops(dtype)[1]}.")
    if fixed.get("matmul") == "prepacked" and (reason := why_not_prepacked(dtype)):
        raise ConfigError(f"plan={pins!r}: torch's oneDNN products don't run here ({reason}). Leave matmul out.")
    if fixed.get("matmul") == "upcast" and dtype not in {torch.bfloat16, torch.int8}:
        raise ConfigError(f'plan={pins!r}: "upcast" is for dtype="bfloat16" or "int8".')


def _multiplies(dtype: torch.dtype) -> bool:
    """Return whether torch's own products of this dtype are fast here."""
    return dtype != torch.int8 and (dtype != torch.bfloat16 or has_bfloat16_matmul())


def computed_dtype(plan: ExecutionPlan, dtype: torch.dtype) -> torch.dtype:
    """Return the dtype of the inputs of products that are not quantised, for weights stored in `dtype`."""
    if dtype == torch.int8:
        return int8_output() if plan.matmul == "prepacked" else torch.float32
    return torch.float32 if plan.matmul == "upcast" else dtype


def heads_dtype(plan: ExecutionPlan, dtype: torch.dtype) -> torch.dtype:
    """Return the dtype of queries, keys and values, for weights stored in `dtype`.

    Without AMX torch's attention is no slower in float32 than in bfloat16 (on a Zen 4 core 66 and 68 GFLOP/s at 2,048
    tokens), and 1.2 times as fast below 200, which it is left for: see `attends_in_bfloat16`.
    """
    computed = computed_dtype(plan, dtype)
    return torch.float32 if computed == torch.bfloat16 and not has_amx() else computed


def attends_in_bfloat16(plan: ExecutionPlan, dtype: torch.dtype) -> bool:
    """Return whether the attention of long sequences is computed by `block_attention`, in products of bfloat16.

    With AMX torch's own kernel multiplies bfloat16 in tiles.
    """
    return computed_dtype(plan, dtype) == torch.bfloat16 and has_bfloat16_matmul() and not has_amx()


def quantised_inputs(plan: ExecutionPlan, dtype: torch.dtype) -> torch.dtype | None:
    """Return the 8-bit dtype of the rows that a plan's products take, or None if they take floats."""
    return int8_inputs() if dtype == torch.int8 and plan.matmul == "prepacked" else None


def ops_config(plan: ExecutionPlan, dtype: torch.dtype, head_dim: int, rms_norm_eps: float) -> OpsConfig:
    """Return what the operations need to know of a model and its plan, for weights stored in `dtype`."""
    return OpsConfig(
        head_dim, rms_norm_eps, computed_dtype(plan, dtype), heads_dtype(plan, dtype), quantised_inputs(plan, dtype)
    )


def make_ops(plan: ExecutionPlan, config: OpsConfig) -> FusedOps:
    """Return the operations of a plan."""
    compiled = _numba_ops(plan)
    return TorchOps(config) if compiled is None else compiled.NumbaOps(config)


def make_linear(plan: ExecutionPlan, dtype: torch.dtype) -> MakeLinear:
    """Return the function that makes a plan's matrix products from weights."""
    if dtype == torch.int8:
        compiled = _numba_ops(plan)
        quantise = {} if compiled is None else {"quantise": compiled.quantised}
        if plan.matmul == "prepacked":
            return partial(linear.int8, output=int8_output(), **quantise)
        return partial(linear.upcast_int8, **quantise)
    if plan.matmul == "upcast" and dtype != torch.float32:
        return linear.upcast
    return linear.prepacked if plan.matmul == "prepacked" else linear.plain


def find_numba_ops() -> ModuleType | None:
    """Return the module of compiled operations, or None where numba is not installed."""
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
