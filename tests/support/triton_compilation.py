"""Compile Triton's kernels for NVIDIA's cards without one; tell registers, spills and stack of each."""

from __future__ import annotations

import re
import subprocess
from typing import Any, NamedTuple

import triton
from triton.backends.compiler import GPUTarget
from triton.backends.nvidia.compiler import get_ptxas
from triton.compiler import ASTSource

from qwen3_embed_integrations.backends.torch.kernels import triton_kernels as kernels

# As the models launch them: the 0.6B's and the 8B's widths, with and without a prefix.
CASES: dict[str, tuple[Any, dict[str, Any], int]] = {
    "add_norm 1024": (kernels.add_norm_kernel, {"HAS_DELTA": True, "BLOCK": 1024}, 4),
    "add_norm 4096": (kernels.add_norm_kernel, {"HAS_DELTA": True, "BLOCK": 4096}, 8),
    "heads": (kernels.heads_kernel, {"HAS_PREFIX": False, "HALF": 64}, 1),
    "heads prefix": (kernels.heads_kernel, {"HAS_PREFIX": True, "HALF": 64}, 1),
    "prefix": (kernels.prefix_kernel, {"BLOCK": 1024}, 4),
    "swiglu": (kernels.swiglu_kernel, {"BLOCK": 1024}, 4),
}
FLOAT32 = {"states", "weight", "norms", "cos", "sin"}
INT64 = {"rows", "starts"}
SCALARS = {"factor": "fp32", "eps": "fp32", "width": "i32", "n_heads": "i32", "n_queries": "i32", "n_keys": "i32"}


class Resources(NamedTuple):
    """What a compiled kernel takes of a multiprocessor, per thread."""

    registers: int
    spilled_bytes: int
    stack_bytes: int


def compiled(case: str, capability: int, dtype: str) -> Resources:
    """Compile one case, with products of `dtype` ("fp16" or "bf16"), for a compute capability as in 75."""
    kernel, constants, n_warps = CASES[case]
    signature: dict[str, str] = {}
    for name in kernel.arg_names:
        if name in constants:
            signature[name] = "constexpr"
        elif name in SCALARS:
            signature[name] = SCALARS[name]
        else:
            signature[name] = "*fp32" if name in FLOAT32 else "*i64" if name in INT64 else f"*{dtype}"
    constexprs = {(kernel.arg_names.index(name),): value for name, value in constants.items()}
    source = ASTSource(fn=kernel, signature=signature, constexprs=constexprs)
    built = triton.compile(
        source, target=GPUTarget("cuda", capability, 32), options={"num_warps": n_warps, "enable_fp_fusion": True}
    )
    return _resources(built.asm["ptx"], capability)


def _resources(ptx: str, capability: int) -> Resources:
    (arch,) = re.findall(r"^\.target (\w+)", ptx, re.MULTILINE)
    said = subprocess.run(  # noqa: S603 - the compiler that Triton brings
        [get_ptxas(capability).path, "-v", f"--gpu-name={arch}", "-o", "/dev/null", "/dev/stdin"],
        input=ptx,
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    (registers,) = re.findall(r"Used (\d+) registers", said)
    (stack,) = re.findall(r"(\d+) bytes stack frame", said)
    spilled = sum(map(int, re.findall(r"(\d+) bytes spill (?:stores|loads)", said)))
    return Resources(int(registers), spilled, int(stack))
