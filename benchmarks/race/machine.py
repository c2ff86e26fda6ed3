"""What this machine can do: rates of matrix products and of memory, measured with the model's shapes."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

_SHAPES = ((4096, 1024), (1024, 2048), (6144, 1024), (1024, 3072))
_LAYERS = 28
_ROWS = 1024


def measure_machine() -> dict[str, Any]:
    """Return the CPU's name, its threads, GFLOP/s of each kind of product, and GB/s read from memory.

    The products use 28 layers of weights, as the model does: weights come from memory, not from the cache.
    """
    return {
        "cpu": _cpu_name(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "gflops": {
            "float32 F.linear": _rate(torch.float32, prepacked=False),
            "float32 prepacked": _rate(torch.float32, prepacked=True),
            "bfloat16 F.linear": _rate(torch.bfloat16, prepacked=False),
            "bfloat16 prepacked": _rate(torch.bfloat16, prepacked=True),
            "int8": _int8_rate(),
        },
        "read_gb_s": _bandwidth(),
    }


def _best(call: Callable[[], Any], repeats: int = 4) -> float:
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def _rate_of(products: list[Callable[[], Any]], n_weights: int) -> float:
    seconds = _best(lambda: [product() for product in products])
    return round(2 * _ROWS * n_weights / seconds / 1e9)


def _rate(dtype: torch.dtype, *, prepacked: bool) -> float:
    products, n_weights = [], 0
    for rows, columns in _SHAPES * _LAYERS:
        weight, values = torch.randn(rows, columns).to(dtype), torch.randn(_ROWS, columns).to(dtype)
        n_weights += weight.numel()
        if prepacked:
            packed = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)  # noqa: SLF001 - torch's own name
            products.append(
                lambda x=values, w=packed: torch.ops.mkldnn._linear_pointwise(x, w, None, "none", [], "")  # noqa: SLF001 - same
            )
        else:
            products.append(lambda x=values, w=weight: torch.nn.functional.linear(x, w))
    return _rate_of(products, n_weights)


def _int8_rate() -> float:
    products, n_weights = [], 0
    for rows, columns in _SHAPES * _LAYERS:
        weight = torch.randint(-127, 127, (rows, columns), dtype=torch.int8)
        values = torch.randint(-127, 127, (_ROWS, columns), dtype=torch.int8)
        n_weights += weight.numel()
        packed = torch.ops.onednn.qlinear_prepack(weight, [_ROWS, columns])
        fixed = (packed, torch.ones(rows), torch.zeros(rows, dtype=torch.int32), None, 1.0, 0, torch.bfloat16)
        products.append(lambda x=values, f=fixed: torch.ops.onednn.qlinear_pointwise(x, 1.0, 0, *f, "none", [], ""))
    return _rate_of(products, n_weights)


def _bandwidth() -> float:
    block = torch.ones(1 << 28)
    return round(block.numel() * 4 / _best(block.sum) / 1e9, 1)


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    names = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    known = next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), "")
    matrix = [name for name in ("amx_bf16", "amx_int8", "avx512_bf16", "avx512_vnni") if any(name in x for x in names)]
    return f"{known or platform.processor()} ({', '.join(matrix) or 'no matrix instructions'})"
