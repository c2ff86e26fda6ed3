"""The steps between a GPU's matrix products, fused by Triton: nine launches a layer with products and attention.

Triton is optional: torch's CUDA and ROCm wheels for Linux bring it, and it needs a C compiler and Python's headers at
run time. `choose_gpu_ops` tries the kernels once and falls back to torch.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch

from .gpu_ops import QKV, GpuOps, GpuOpsConfig, PrefixPlaces, TorchGpuOps

logger = logging.getLogger(__name__)

_SWIGLU_BLOCK = 1024
_WIDE = 2048  # columns from which a row gets eight warps
_TOLERANCE = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 4e-2}
"""Largest difference from torch: some units in the last place of values around 4."""

Launch = Callable[..., None]


def launch(kernel: Any, grid: tuple[int, ...], *args: Any, **options: Any) -> None:
    """Launch a kernel on the current device; Triton 3.9 warns unless the fusion of products and sums is chosen."""
    kernel[grid](*args, enable_fp_fusion=True, **options)


def import_kernels() -> Any:
    """Return the module of kernels.

    Raises:
        ImportError: Triton is not installed.
    """
    from . import triton_kernels

    return triton_kernels


class TritonOps:
    """The steps as Triton kernels; see `GpuOps`.

    Args:
        config: What the steps need to know about the model; `head_dim` is a power of two.
        run: Launches a kernel; tests count with it.

    Raises:
        ImportError: Triton is not installed.
    """

    def __init__(self, config: GpuOpsConfig, run: Launch = launch) -> None:
        self._kernels = import_kernels()
        self._config = config
        self._launch = run

    def add_norm(
        self,
        states: torch.Tensor,
        delta: torch.Tensor | None,
        weight: torch.Tensor,
        factor: float = 1.0,
        dtype: torch.dtype | None = None,
    ) -> torch.Tensor:
        """Add `delta * factor` to `states` in place and return its norm."""
        n, width = states.shape
        out = torch.empty_like(states, dtype=dtype or self._config.dtype)
        self._launch(
            self._kernels.add_norm_kernel,
            (n,),
            *(states, states if delta is None else delta, weight, out, factor, self._config.rms_norm_eps, width),
            HAS_DELTA=delta is not None,
            BLOCK=_power_of_two(width),
            num_warps=_warps(width),
        )
        return out

    def split_heads(
        self,
        qkv: torch.Tensor,
        norms: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        prefix: PrefixPlaces | None = None,
    ) -> QKV:
        """Norm and rotate queries and keys; return them and the values, which stay a view of `qkv` without a prefix."""
        config, n = self._config, len(qkv)
        n_queries, n_keys, width = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        n_places = n if prefix is None else prefix.n_places
        query = qkv.new_empty(n, n_queries, width)
        key = qkv.new_empty(n_places, n_keys, width)
        value = torch.empty_like(key) if prefix else qkv.view(n, -1, width)[:, n_queries + n_keys :]
        self._launch(
            self._kernels.heads_kernel,
            (n, n_queries + n_keys * (2 if prefix else 1)),
            *(qkv, norms, cos, sin, query, key, value, prefix.places if prefix else qkv, config.rms_norm_eps),
            *(n_queries + 2 * n_keys, n_queries, n_keys),
            HAS_PREFIX=prefix is not None,
            HALF=width // 2,
            num_warps=1,
        )
        if prefix:
            self._launch(
                self._kernels.prefix_kernel,
                (len(prefix.starts), len(prefix.key)),
                *(prefix.key, prefix.value, key, value, prefix.starts, n_keys * width),
                BLOCK=_power_of_two(n_keys * width),
                num_warps=4,
            )
        return query, key, value

    def swiglu(self, gate_up: torch.Tensor, factor: float = 1.0) -> torch.Tensor:
        """Return `silu(gate) * up * factor`."""
        n, width = len(gate_up), gate_up.shape[1] // 2
        out = gate_up.new_empty(n, width)
        self._launch(
            self._kernels.swiglu_kernel,
            (n, -(-width // _SWIGLU_BLOCK)),
            *(gate_up, out, factor, width),
            BLOCK=_SWIGLU_BLOCK,
            num_warps=4,
        )
        return out


def choose_gpu_ops(
    config: GpuOpsConfig, device: torch.device, *, fused: bool, run: Launch = launch
) -> tuple[GpuOps, str]:
    """Return the fused steps if they run here and agree with torch's, else torch's; and the reason.

    Args:
        config: What the steps need to know about the model.
        device: Where they run.
        fused: Whether the device's table allows Triton.
        run: Launches a kernel.
    """
    plain = TorchGpuOps(config)
    if not fused:
        return plain, "torch computes the steps between products: Triton is not used on this device"
    try:
        ops = TritonOps(config, run)
        difference = _difference(ops, plain, config, device)
    except Exception as error:  # noqa: BLE001 - whatever a compiler or driver raises: the model runs without it
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        logger.warning("Triton's kernels don't run on %s (%s); torch computes the steps, slower", device, reason)
        return plain, f"torch computes the steps between products: Triton's kernels don't run ({reason})"
    if not difference <= _TOLERANCE[config.dtype]:
        logger.warning("Triton's kernels differ from torch by %.1e on %s; torch computes the steps", difference, device)
        return plain, f"torch computes the steps between products: Triton's kernels differ by {difference:.1e}"
    return ops, "Triton's kernels compute the steps between products: they ran and agreed with torch"


@torch.inference_mode()
def _difference(ours: GpuOps, reference: GpuOps, config: GpuOpsConfig, device: torch.device) -> float:
    """Return the largest difference of both on random rows, a prefix included."""
    random = torch.Generator().manual_seed(0)

    def normal(*shape: int, dtype: torch.dtype = config.dtype) -> torch.Tensor:
        return torch.randn(shape, generator=random).to(device, dtype)

    n, width, n_keys = 6, config.head_dim, config.num_key_value_heads
    n_rotated = config.num_attention_heads + n_keys
    states, delta, weight = normal(n, 256, dtype=torch.float32), normal(n, 256), normal(256, dtype=torch.float32)
    qkv, norms = normal(n, (n_rotated + n_keys) * width), normal(n_rotated, width, dtype=torch.float32)
    angles, gate_up = normal(n, width // 2, dtype=torch.float32), normal(n, 512)
    starts = torch.tensor([0, 5], device=device)
    places = torch.tensor([2, 3, 4, 7, 8, 9], device=device)
    prefix = PrefixPlaces(normal(2, n_keys, width), normal(2, n_keys, width), places, starts, 10)

    def results(ops: GpuOps) -> list[torch.Tensor]:
        residual = states.clone()
        found = [ops.add_norm(residual, delta, weight, 2.0), residual, ops.swiglu(gate_up, 0.5)]
        for one in (None, prefix):
            found += ops.split_heads(qkv, norms, angles.cos(), angles.sin(), one)
        return found

    pairs = zip(results(ours), results(reference), strict=True)
    return max(float((one.float() - other.float()).abs().max()) for one, other in pairs)


def _power_of_two(n: int) -> int:
    return 1 << (n - 1).bit_length()


def _warps(width: int) -> int:
    return 8 if width >= _WIDE else 4
