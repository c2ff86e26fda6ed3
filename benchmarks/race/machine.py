"""What this machine can do: the best rate of large matrix products, and of reading memory.

The roofline has to be the fastest that the machine ever computes during a run, or an engine can exceed it. So each kind
of product runs in several shapes, by all threads together and by each thread on a product of its own, the race repeats
the measurement before every round, and the best rate counts.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import torch

_MODEL_SHAPES = ((4096, 1024), (1024, 2048), (6144, 1024), (1024, 3072))  # [out, in] of Qwen3-Embedding-0.6B's layers
_SHAPES = (*_MODEL_SHAPES, (4096, 4096))
_N_TOKENS = (512, 1024)
_MOST_REPEATS = 4
_ENOUGH_S = 0.5  # a product that takes longer than this in sum is not repeated further

Product = Callable[[], Any]


def measure_machine() -> dict[str, Any]:
    """Return the CPU's name, its threads, GFLOP/s of each kind of product, and GB/s read from memory."""
    return {
        "cpu": _cpu_name(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "gflops": measure_products(),
        "read_gb_s": _bandwidth(),
    }


def faster_of(machine: dict[str, Any], again: dict[str, Any]) -> dict[str, Any]:
    """Return `machine` with the better of two measurements at each rate."""
    return {
        **machine,
        "gflops": {name: max(rate, again["gflops"][name]) for name, rate in machine["gflops"].items()},
        "read_gb_s": max(machine["read_gb_s"], again["read_gb_s"]),
    }


def measure_products() -> dict[str, int]:
    """Return the best GFLOP/s of each kind of product that this CPU can run."""
    n_threads = torch.get_num_threads()
    kinds: dict[str, Callable[[int, int, int], Product]] = {
        "float32 F.linear": lambda *shape: _linear(torch.float32, *shape),
        "float32 prepacked": lambda *shape: _prepacked(torch.float32, *shape),
        "bfloat16 F.linear": lambda *shape: _linear(torch.bfloat16, *shape),
        "bfloat16 prepacked": lambda *shape: _prepacked(torch.bfloat16, *shape),
        "int8": _int8,
    }
    rates: dict[str, int] = {}
    for name, make in kinds.items():
        try:
            together, apart = _best_rates(make, n_threads)
        except RuntimeError:  # torch: this CPU lacks the instructions of that kind
            continue
        rates[f"{name}, 1 product by {n_threads} threads"] = together
        rates[f"{name}, {n_threads} products by 1 thread each"] = apart
    return rates


def _best_rates(make: Callable[[int, int, int], Product], n_threads: int) -> tuple[int, int]:
    """Return the best GFLOP/s over all shapes: all threads together, and each on a product of its own."""
    together, apart = 0.0, 0.0
    for (n_out, n_in), n_tokens in ((shape, n_tokens) for shape in _SHAPES for n_tokens in _N_TOKENS):
        product, flop = make(n_tokens, n_out, n_in), 2 * n_tokens * n_out * n_in
        seconds = _best_seconds(product)
        n_repeats = max(1, min(_MOST_REPEATS, int(_ENOUGH_S / seconds)))
        together = max(together, flop / seconds)
        apart = max(apart, n_threads * flop / _best_seconds_apart(product, n_threads, n_repeats))
    return round(together / 1e9), round(apart / 1e9)


def _best_seconds(product: Product) -> float:
    """Return the time of the fastest call; the first one, which may build a kernel, counts only where it is slow."""
    times = [_seconds(product)]
    while len(times) <= _MOST_REPEATS and sum(times) < _ENOUGH_S:
        times.append(_seconds(product))
    return min(times)


def _seconds(product: Product) -> float:
    began = time.perf_counter()
    product()
    return time.perf_counter() - began


def _best_seconds_apart(product: Product, n_threads: int, n_repeats: int) -> float:
    """Return how long one product takes while every thread computes one; the slowest thread counts."""
    together = Barrier(n_threads)

    def run() -> list[float]:
        torch.set_num_threads(1)
        spent = []
        for _ in range(n_repeats + 1):  # the first call may build a kernel
            together.wait()
            spent.append(_seconds(product))
        return spent

    with _kept_threads(), ThreadPoolExecutor(n_threads) as pool:
        runs = [pool.submit(run) for _ in range(n_threads)]
        return min(max(times) for times in zip(*(running.result() for running in runs), strict=True))


@contextmanager
def _kept_threads() -> Iterator[None]:
    n_threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


def _linear(dtype: torch.dtype, n_tokens: int, n_out: int, n_in: int) -> Product:
    weight, values = torch.randn(n_out, n_in).to(dtype), torch.randn(n_tokens, n_in).to(dtype)
    return lambda: torch.nn.functional.linear(values, weight)


def _prepacked(dtype: torch.dtype, n_tokens: int, n_out: int, n_in: int) -> Product:
    weight, values = torch.randn(n_out, n_in).to(dtype), torch.randn(n_tokens, n_in).to(dtype)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, n_tokens)  # noqa: SLF001 - torch's own name
    return lambda: torch.ops.mkldnn._linear_pointwise(values, packed, None, "none", [], "")  # noqa: SLF001 - same


def _int8(n_tokens: int, n_out: int, n_in: int) -> Product:
    """Return a product of unsigned rows with float32 results: without AMX, oneDNN computes signed ones one by one."""
    weight = torch.randint(-127, 127, (n_out, n_in), dtype=torch.int8)
    values = torch.randint(0, 255, (n_tokens, n_in), dtype=torch.uint8)
    packed = torch.ops.onednn.qlinear_prepack(weight, [n_tokens, n_in])
    fixed = (packed, torch.ones(n_out), torch.zeros(n_out, dtype=torch.int32), None, 1.0, 0, torch.float32)
    return lambda: torch.ops.onednn.qlinear_pointwise(values, 1.0, 128, *fixed, "none", [], "")


def _bandwidth() -> float:
    block = torch.ones(1 << 28)
    return round(block.numel() * 4 / _best_seconds(block.sum) / 1e9, 1)


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    names = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    known = next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), "")
    matrix = [name for name in ("amx_bf16", "amx_int8", "avx512_bf16", "avx512_vnni") if any(name in x for x in names)]
    return f"{known or platform.processor()} ({', '.join(matrix) or 'no matrix instructions'})"
