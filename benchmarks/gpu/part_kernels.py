"""The fused kernels against torch's operations, and each attention against float32: differences, and bytes a second."""

from __future__ import annotations

import torch
from gpu_setup import HEAD_DIM, SHAPES, seconds, start

from qwen3_embed_integrations.backends.torch.gpu.attention import KERNELS, VarlenLayout, choose_attention
from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import GpuOpsConfig, TorchGpuOps
from qwen3_embed_integrations.backends.torch.kernels.triton_ops import choose_gpu_ops

run = start()
hidden, _, n_heads, n_keys, intermediate = SHAPES[run.shape("0.6B")]
n = 64 if run.dry else 16384


def normal(*shape: int, dtype: torch.dtype) -> torch.Tensor:
    """Return random numbers on the device."""
    return torch.randn(*shape, device=run.device).to(dtype)


@torch.inference_mode()
def steps(dtype: torch.dtype) -> dict[str, object]:
    """Time each step and compare it with torch's."""
    config = GpuOpsConfig(n_heads, n_keys, HEAD_DIM, 1e-6, dtype)
    ops, reason = choose_gpu_ops(config, run.device, fused=not run.dry)
    plain, size = TorchGpuOps(config), dtype.itemsize
    states, delta = normal(n, hidden, dtype=torch.float32), normal(n, hidden, dtype=dtype)
    weight, norms = normal(hidden, dtype=torch.float32), normal(n_heads + n_keys, HEAD_DIM, dtype=torch.float32)
    qkv = normal(n, (n_heads + 2 * n_keys) * HEAD_DIM, dtype=dtype)
    angles, gate_up = normal(n, HEAD_DIM // 2, dtype=torch.float32), normal(n, 2 * intermediate, dtype=dtype)
    cos, sin = angles.cos(), angles.sin()
    cases = {
        "add_norm": (lambda one: one.add_norm(states.clone(), delta, weight), n * hidden * (8 + 2 * size)),
        "split_heads": (
            lambda one: one.split_heads(qkv, norms, cos, sin)[0],
            2 * n * (n_heads + n_keys) * HEAD_DIM * size,
        ),
        "swiglu": (lambda one: one.swiglu(gate_up, 2.0**-5), 3 * n * intermediate * size),
    }
    found: dict[str, object] = {"chosen": type(ops).__name__, "reason": reason}
    for name, (work, n_bytes) in cases.items():
        taken = {}
        for kind, one in (("chosen", ops), ("torch", plain)):

            def timed(work: object = work, one: object = one) -> None:
                for _ in range(10):
                    work(one)
                run.wait()

            timed()
            taken[kind] = n_bytes * 10 / seconds(timed, budget_s=0.5)["median_s"] / 1e9
        difference = float((work(ops).float() - work(plain).float()).abs().max())
        found[name] = {"largest_difference": difference, "GB_a_second": taken}
    return found


@torch.inference_mode()
def attention(dtype: torch.dtype) -> dict[str, object]:
    """Try each kernel and time it at several lengths."""
    found: dict[str, object] = {}
    heads = {"num_attention_heads": n_heads, "num_key_value_heads": n_keys, "head_dim": HEAD_DIM}
    for name, kernel in KERNELS.items():
        try:
            chosen = choose_attention([name], run.device, dtype, **heads)
        except RuntimeError as error:
            found[name] = str(error)
            continue
        rates = {}
        for length in (16,) if run.dry else (32, 128, 512, 2048, 8192):
            count = max(1, n // length)
            q = normal(count * length, n_heads, HEAD_DIM, dtype=dtype)
            k, v = (normal(count * length, n_keys, HEAD_DIM, dtype=dtype) for _ in range(2))
            bounds = torch.arange(count + 1, device=run.device, dtype=torch.int32) * length
            layout = VarlenLayout.of([length] * count, bounds)

            def timed(q=q, k=k, v=v, layout=layout, kernel=kernel) -> None:  # noqa: ANN001
                kernel(q, k, v, HEAD_DIM**-0.5, layout)
                run.wait()

            timed()
            flops = 2 * n_heads * HEAD_DIM * count * length**2
            rates[length] = flops / seconds(timed, budget_s=0.3)["median_s"] / 1e12
        found[name] = {
            "takes_prefix": chosen.takes_prefix,
            "takes_empty": chosen.takes_empty,
            "TFLOP_a_second_by_length": rates,
        }
    return found


for one in (torch.bfloat16,) if run.dry else (torch.bfloat16, torch.float16, torch.float32):
    run.save(**{f"steps {one}": steps(one), f"attention {one}": attention(one)})
