"""Devices → the forward pass of a model on them; a report of what they use."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint

from .accelerator import DeviceLayer, TorchDevices, gpu_dtype, read_accelerator, supported
from .data_parallel import DataParallelForward
from .forward import GpuForward
from .load import attention_of, load_gpu_model
from .memory import peak_bytes

GPU_BATCH_TOKENS = 16384
"""Tokens of a batch: enough for the products to fill an H100 (est. from its 132 processors and tiles of 128 x 256)."""

AnyGpuForward = GpuForward | DataParallelForward


def gpu_forward(checkpoint: Checkpoint, devices: Sequence[torch.device], dtype: str) -> AnyGpuForward:
    """Load a model on each device.

    Raises:
        CheckpointError: Weights are missing, of the wrong shape or unreadable.
        ConfigError: The dtype can't be used here.
    """
    forwards = [GpuForward(load_gpu_model(checkpoint, read_accelerator(device), dtype)) for device in devices]
    return forwards[0] if len(forwards) == 1 else DataParallelForward(forwards)


def gpu_report(
    architecture: Qwen3Architecture,
    devices: Sequence[torch.device],
    dtype_name: str,
    n_tokens: int,
    layer: DeviceLayer | None = None,
) -> list[tuple[str, str]]:
    """Return what each device uses for a model, as (name, value); load no weights.

    Args:
        architecture: The model's dimensions.
        devices: Where it would run.
        dtype_name: The option `dtype`.
        n_tokens: Tokens of the largest batch.
        layer: What tells about devices; None for torch.
    """
    layer = layer or TorchDevices()
    found = []
    for device in devices:
        accelerator = read_accelerator(device, layer)
        support, dtype = supported(accelerator), gpu_dtype(dtype_name, accelerator)
        peak, memory = peak_bytes(architecture, dtype, n_tokens), layer.memory(device)
        here = f", {memory[0] / 1e9:.1f} of {memory[1] / 1e9:.1f} GB free" if memory else ""
        found += [
            ("device", str(accelerator)),
            ("memory", f"about {peak / 1e9:.1f} GB at most for batches of {n_tokens:,} tokens{here}"),
            ("dtype", str(dtype).removeprefix("torch.")),
            ("because", attention_of(architecture, accelerator, dtype).reason),
        ]
        found += [("note", support.note)] if support.note else []
    return found
