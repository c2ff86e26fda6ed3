"""Check that a training fits into memory, before any weights are loaded."""

from __future__ import annotations

import psutil
import torch

from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint
from qwen3_embed_integrations.checkpoints.safetensors_index import n_parameters
from qwen3_embed_integrations.core.errors import TrainingError

from .options import TrainingOptions

_FULL = 16  # bytes a weight in float32: the weight 4, its gradient 4, AdamW's two moments 8
_FROZEN = 4
_GIB = 2**30
_REMEDY = "Lower mini_batch_tokens, batch_size or max_tokens, set gradient_checkpointing, lora_rank or a smaller model."


def check_memory(checkpoint: Checkpoint, options: TrainingOptions, device: torch.device) -> None:
    """Refuse a training whose weights, gradients and optimiser state alone exceed the free memory.

    Raises:
        TrainingError: If they do; the message says how much is needed and what to do.
    """
    n_weights = n_parameters(checkpoint.folder)
    needed = n_weights * (_FROZEN if options.lora_rank else _FULL)
    free = _free(device)
    if needed > free:
        remedy = (
            "Choose a smaller model or another machine."
            if options.lora_rank
            else "Set lora_rank, or choose a smaller model."
        )
        raise TrainingError(
            f"Training {checkpoint.model_info.model!r} ({n_weights / 1e6:,.0f} million weights) needs at least "
            f"{needed / _GIB:.1f} GiB on {device.type!r}, {free / _GIB:.1f} GiB are free. {remedy}"
        )


def out_of_memory(error: BaseException) -> TrainingError | None:
    """Return the error to raise if `error` means that memory ran out during a step, else None."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return TrainingError(f"Memory ran out during a step. {_REMEDY} The run resumes from its last checkpoint.")
    return None


def _free(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)
