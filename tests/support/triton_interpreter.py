"""Run Triton's kernels in its interpreter beside torch; print the largest difference of each case as JSON.

A process of its own: the kernels' decorator reads TRITON_INTERPRET when their module is imported.
"""

from __future__ import annotations

import json
import os

os.environ["TRITON_INTERPRET"] = "1"

import torch

from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import GpuOpsConfig, PrefixPlaces, TorchGpuOps
from qwen3_embed_integrations.backends.torch.kernels.triton_ops import TritonOps, choose_gpu_ops

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def largest(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    return float((ours.float() - theirs.float()).abs().max())


def differences(dtype: torch.dtype) -> dict[str, float]:
    torch.manual_seed(0)
    config = GpuOpsConfig(4, 2, 16, 1e-6, dtype)
    ours, theirs = TritonOps(config), TorchGpuOps(config)
    found: dict[str, float] = {}
    for width in (96, 130):  # no powers of two
        states, weight = torch.randn(5, width), torch.randn(width)
        for delta in (None, torch.randn(5, width).to(dtype)):
            a, b = states.clone(), states.clone()
            name = f"add_norm {width}{'' if delta is None else ' delta'}"
            found[name] = largest(ours.add_norm(a, delta, weight, 32.0), theirs.add_norm(b, delta, weight, 32.0))
            found[f"{name} states"] = largest(a, b)
            exact = (ops.add_norm(states.clone(), delta, weight, 1.0, torch.float32) for ops in (ours, theirs))
            found[f"{name} float32"] = largest(*exact)
    qkv, norms = torch.randn(5, 8 * 16).to(dtype), torch.randn(6, 16)
    angles = torch.randn(5, 8)
    # sequences of 2 and 3 tokens behind a prefix of 4
    places, starts = torch.tensor([4, 5, 10, 11, 12]), torch.tensor([0, 6])
    prefix = PrefixPlaces(torch.randn(4, 2, 16).to(dtype), torch.randn(4, 2, 16).to(dtype), places, starts, 13)
    for name, one in (("", None), (" prefix", prefix)):
        pairs = zip(
            *(ops.split_heads(qkv, norms, angles.cos(), angles.sin(), one) for ops in (ours, theirs)), strict=True
        )
        for part, pair in zip(("query", "key", "value"), pairs, strict=True):
            found[f"{part}{name}"] = largest(*pair)
    for width in (40, 1500):  # the second takes two programs a row
        gate_up = (3 * torch.randn(3, 2 * width)).to(dtype)
        found[f"swiglu {width}"] = largest(ours.swiglu(gate_up, 2.0**-5), theirs.swiglu(gate_up, 2.0**-5))
    return found


report = {name: differences(dtype) for name, dtype in DTYPES.items()}
chosen, reason = choose_gpu_ops(GpuOpsConfig(4, 2, 16, 1e-6, torch.bfloat16), torch.device("cpu"), fused=True)
print(json.dumps({"differences": report, "chosen": type(chosen).__name__, "reason": reason}))  # noqa: T201 - read by the test
