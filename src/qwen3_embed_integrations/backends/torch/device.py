"""Devices, dtypes and threads: what this machine has, and which of them a model uses."""

from __future__ import annotations

import os
import threading

import torch

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.types import IntArray

HEAVY = 100_000_000
"""Parameters above which a model gets a measured plan; below, importing numba takes longer than it saves."""


def choose_device(name: str) -> torch.device:
    """Return the device called `name`; "auto" is CUDA if available, else XPU, else MPS, else the CPU.

    Raises:
        ConfigError: There is no such device here.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        if torch.xpu.is_available():
            return torch.device("xpu", torch.xpu.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).splitlines()[0]
        raise ConfigError(f'device={name!r} can\'t be used here ({reason}). Use "auto" or "cpu".') from error
    return device


def choose_devices(names: str) -> list[torch.device]:
    """Return the devices called `names`, separated by commas: one, or several GPUs that share the work.

    Raises:
        ConfigError: There is no such device here, or several are named that are not different GPUs.
    """
    devices = [choose_device(name.strip()) for name in names.split(",")]
    if len(devices) > 1 and (len(set(devices)) < len(devices) or any(one.type in {"cpu", "mps"} for one in devices)):
        raise ConfigError(
            f'device={names!r} names several devices that are not different GPUs. Use one, or as in "cuda:0,cuda:1".'
        )
    return devices


def choose_dtype(name: str, device: torch.device, n_parameters: int = 0) -> torch.dtype:
    """Return the dtype called `name` for `device` and a model of `n_parameters`.

    On a CPU "auto" is bfloat16 if the CPU multiplies it in hardware and the model is large enough to gain from it;
    a small model, such as the bundled `tiny`, stays in float32. Elsewhere it is what the table of accelerators says.

    Raises:
        ConfigError: The device doesn't multiply this dtype in hardware, or `name` is float16 where that overflows to
            NaN on the 8B model (QwenLM/Qwen3-Embedding#164).
    """
    if device.type != "cpu":
        from .gpu.accelerator import gpu_dtype, read_accelerator

        return gpu_dtype(name, read_accelerator(device))
    if name == "auto":
        return torch.bfloat16 if has_bfloat16_matmul() and n_parameters >= HEAVY else torch.float32
    if name == "float16":
        raise ConfigError(
            "dtype=\"float16\" is refused on 'cpu': its range overflows to NaN on Qwen3-Embedding-8B. "
            'Use dtype="bfloat16" or float32.'
        )
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "int8": torch.int8}[name]


def to_device(array: IntArray, device: torch.device) -> torch.Tensor:
    """Return the array as a tensor on `device`; copy to a GPU from pinned memory, without waiting for the copy."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def empty_cache(device: torch.device) -> None:
    """Return freed memory of a GPU to the device, so that what comes next finds it in one piece."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
    elif device.type == "xpu":
        torch.xpu.empty_cache()


_ISAS_WITHOUT_BFLOAT16 = frozenset(
    ["SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"]
)
"""Values of ONEDNN_MAX_CPU_ISA (oneDNN's guide on CPU dispatcher control)."""
_ISAS_UNLIMITED = frozenset(["DEFAULT", "ALL"])


def has_bfloat16_matmul() -> bool:
    """Return whether this CPU multiplies bfloat16 matrices in hardware (AVX-512 BF16 or AMX).

    False as well where oneDNN is told to keep to an older instruction set (ONEDNN_MAX_CPU_ISA).
    """
    if _allowed_isa() in _ISAS_WITHOUT_BFLOAT16:
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())  # noqa: SLF001 - as below


def has_signed_int8_matmul() -> bool:
    """Return whether this CPU multiplies signed 8-bit rows in hardware (AMX).

    VNNI multiplies unsigned rows with signed weights. oneDNN takes reference code for signed ones on AVX-512 without
    AMX: 0.1 GFLOP/s, where unsigned ones reach 400 on one core.
    """
    return has_amx()


def has_amx() -> bool:
    """Return whether oneDNN multiplies matrices in AMX's tiles here."""
    allowed = _allowed_isa()
    return bool(torch.cpu._is_amx_tile_supported()) and (allowed in _ISAS_UNLIMITED or "AMX" in allowed)  # noqa: SLF001 - torch's only way to ask


def _allowed_isa() -> str:
    return (os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "DEFAULT").upper()


def use_threads(n_threads: int, *, of: int) -> None:
    """Let torch use `n_threads` in this thread, and leave the number of all other threads at `of`.

    torch keeps the number per thread, as OpenMP does; new threads start with the number that was set last.
    """
    if torch.get_num_threads() == n_threads:
        return
    torch.set_num_threads(n_threads)
    restoring = threading.Thread(target=torch.set_num_threads, args=(of,))
    restoring.start()
    restoring.join()
