"""The card's honest roofline: its 8192³ product, the model's four products at several sizes, and its copies."""

from __future__ import annotations

import torch
from gpu_setup import HEAD_DIM, SHAPES, seconds, start

run = start()
dtype = torch.bfloat16


@torch.inference_mode()
def rate(m: int, n: int, k: int) -> float:
    """Return the TFLOP/s of a product [m, k] x [k, n]."""
    a, b = (torch.randn(size, k, device=run.device, dtype=dtype) for size in (m, n))

    def timed() -> None:
        for _ in range(5):
            torch.nn.functional.linear(a, b)
        run.wait()

    timed()
    return 5 * 2.0 * m * n * k / seconds(timed, budget_s=0.25)["least_s"] / 1e12


side = 128 if run.dry else 8192
run.save(square_TFLOP_a_second=rate(side, side, side))


def copies() -> float:
    """Return the GB/s of a copy on the card, read and written."""
    source = torch.empty(1 << (20 if run.dry else 30), dtype=torch.uint8, device=run.device)
    target = torch.empty_like(source)

    def copy() -> None:
        target.copy_(source)
        run.wait()

    copy()
    return 2 * len(source) / seconds(copy, budget_s=0.3)["least_s"] / 1e9


run.save(copies_GB_a_second=copies())
for shape in ("0.6B", "4B"):
    hidden, _, n_heads, n_keys, intermediate = SHAPES[run.shape(shape)]
    products = {
        "qkv": ((n_heads + 2 * n_keys) * HEAD_DIM, hidden),
        "out": (hidden, n_heads * HEAD_DIM),
        "gate_up": (2 * intermediate, hidden),
        "down": (hidden, intermediate),
    }
    by_tokens = {}
    for m in (64,) if run.dry else (512, 2048, 8192, 16384, 16896, 33792):
        rates = {name: rate(m, n, k) for name, (n, k) in products.items()}
        flops = {name: n * k for name, (n, k) in products.items()}
        together = sum(flops.values()) / sum(flops[name] / rates[name] for name in products)
        by_tokens[m] = {**rates, "together": together}
    run.save(**{f"products {shape} TFLOP_a_second by tokens": by_tokens})
