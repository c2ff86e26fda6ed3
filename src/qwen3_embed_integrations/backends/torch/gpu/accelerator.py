"""What an accelerator has, and the table of what each kind uses: dtype, attention, fused kernels."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

from qwen3_embed_integrations.core.errors import ConfigError

Kind = Literal["cuda", "rocm", "mps", "xpu", "other"]

_AMPERE = (8, 0)  # bfloat16 and flash attention in hardware
_VOLTA = (7, 0)  # float16 tensor cores
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class DeviceLayer(Protocol):
    """What torch tells about a device; tests put other cards in its place."""

    def is_rocm(self) -> bool:
        """Return whether this torch is built for AMD."""
        ...

    def capability(self, device: torch.device) -> tuple[int, int]:
        """Return an NVIDIA card's compute capability."""
        ...

    def name(self, device: torch.device) -> str:
        """Return the card's name."""
        ...

    def multiplies_bfloat16(self, device: torch.device) -> bool:
        """Return whether the device has bfloat16 without emulation; asked of devices other than NVIDIA's."""
        ...

    def memory(self, device: torch.device) -> tuple[int, int] | None:
        """Return the free and all bytes of the device; None where torch doesn't tell."""
        ...


class TorchDevices:
    """The devices of this machine, as torch tells."""

    def is_rocm(self) -> bool:
        """Return whether this torch is built for AMD."""
        return torch.version.hip is not None

    def capability(self, device: torch.device) -> tuple[int, int]:
        """Return an NVIDIA card's compute capability."""
        return torch.cuda.get_device_capability(device)

    def name(self, device: torch.device) -> str:
        """Return the card's name."""
        return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type

    def multiplies_bfloat16(self, device: torch.device) -> bool:
        """Return whether the device has bfloat16 without emulation."""
        if device.type == "xpu":
            return bool(torch.xpu.is_bf16_supported(including_emulation=False))
        try:  # Intel Macs: "BFloat16 is not supported on MPS"
            ones = torch.ones(2, 2, dtype=torch.bfloat16, device=device)
            return bool((ones @ ones).float().sum().item() == ones.numel() * 2)
        except (RuntimeError, TypeError):
            return False

    def memory(self, device: torch.device) -> tuple[int, int] | None:
        """Return the free and all bytes of the device; None where torch doesn't tell."""
        return torch.cuda.mem_get_info(device) if device.type == "cuda" else None


@dataclass(frozen=True)
class Accelerator:
    """One device and what it has.

    Attributes:
        device: The device.
        kind: Whose it is.
        name: The card's name.
        capability: Compute capability of an NVIDIA card; (0, 0) for others.
        has_bfloat16: Whether it multiplies bfloat16 in hardware.
    """

    device: torch.device
    kind: Kind
    name: str
    capability: tuple[int, int] = (0, 0)
    has_bfloat16: bool = False

    def __str__(self) -> str:
        version = f", compute capability {self.capability[0]}.{self.capability[1]}" if self.kind == "cuda" else ""
        return f"{self.device} ({self.name}{version})"


@dataclass(frozen=True)
class Support:
    """What a device uses.

    Attributes:
        dtype: What "auto" means.
        attention: Names of attention kernels, in the order in which they are tried.
        fused: Whether Triton's kernels are tried.
        note: What a user of such a device should know; "" for nothing.
    """

    dtype: torch.dtype
    attention: tuple[str, ...]
    fused: bool
    note: str = ""


def read_accelerator(device: torch.device, layer: DeviceLayer | None = None) -> Accelerator:
    """Return what a device has; asks the device that is given, not torch's current one."""
    layer = layer or TorchDevices()
    if device.type == "cuda" and layer.is_rocm():
        return Accelerator(device, "rocm", layer.name(device), has_bfloat16=True)
    if device.type == "cuda":
        capability = layer.capability(device)
        return Accelerator(device, "cuda", layer.name(device), capability, capability >= _AMPERE)
    kind: Kind = "mps" if device.type == "mps" else "xpu" if device.type == "xpu" else "other"
    return Accelerator(device, kind, layer.name(device), has_bfloat16=layer.multiplies_bfloat16(device))


def supported(accelerator: Accelerator) -> Support:
    """Return what a device uses.

    bfloat16 from Ampere on. Before, `torch.cuda.is_bf16_supported()` is True by emulation; Volta and Turing multiply
    float16, and cards before them float32. Flash attention needs Ampere; ROCm's takes no more key heads than query
    heads everywhere, so both ways are tried. Elsewhere a dense kernel runs on right-padded texts.
    """
    small = torch.bfloat16 if accelerator.has_bfloat16 else torch.float32
    if accelerator.kind == "rocm":
        return Support(torch.bfloat16, ("flash", "flash_repeated", "padded"), fused=True, note=_ROCM)
    if accelerator.kind != "cuda":
        return Support(small, ("padded",), fused=accelerator.kind == "xpu")
    if accelerator.capability >= _AMPERE:
        return Support(torch.bfloat16, ("flash", "efficient", "padded"), fused=True)
    if accelerator.capability >= _VOLTA:
        return Support(torch.float16, ("efficient", "padded"), fused=True)
    return Support(torch.float32, ("efficient", "padded"), fused=False, note=_OLD)


def current(device: torch.device) -> AbstractContextManager[object]:
    """Make a device torch's current one in this thread, which Triton's launches, streams and events ask for."""
    if device.type == "cuda":
        return torch.cuda.device(device)
    return torch.xpu.device(device) if device.type == "xpu" else nullcontext()


_ROCM = (
    "if attention is slow on a Radeon card, set TORCH_ROCM_AOTRITON_ENABLE_EXPERIMENTAL=1 before Python starts: "
    "torch keeps its fused attention off there"
)
_OLD = "cards before Volta have no fast 16-bit products; the model runs in float32"


def gpu_dtype(name: str, accelerator: Accelerator) -> torch.dtype:
    """Return the dtype called `name` on a device; "auto" is the table's.

    float16 runs with a float32 residual stream and scaled MLP products, so it doesn't overflow where Qwen3-8B does
    (QwenLM/Qwen3-Embedding#164).

    Raises:
        ConfigError: The device doesn't multiply this dtype in hardware.
    """
    best = supported(accelerator).dtype
    if name == "auto":
        return best
    suggested = str(best).removeprefix("torch.")
    if name == "int8":
        raise ConfigError(
            f'dtype="int8" runs on CPUs only, the device is {accelerator.device.type!r}. Use dtype="{suggested}".'
        )
    if name == "bfloat16" and not accelerator.has_bfloat16:
        raise ConfigError(
            f'dtype="bfloat16" is refused on {accelerator}: it has no bfloat16 in hardware. Use dtype="{suggested}".'
        )
    if name == "float16" and accelerator.kind == "mps":
        raise ConfigError(
            "dtype=\"float16\" is refused on 'mps': its range overflows to NaN on Qwen3-Embedding-8B. "
            f'Use dtype="{suggested}".'
        )
    return _DTYPES[name]
