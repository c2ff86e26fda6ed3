"""A checkpoint's weights → a model on a device."""

from __future__ import annotations

from typing import Protocol

import torch

from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, read_json
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.execution_plan import ExecutionPlan

from .architecture import Qwen3Architecture, is_plain
from .attention import Layout, PrefixStates
from .decoder_layer import TakeWeight
from .device import has_bfloat16_matmul
from .modeling_qwen3 import PackedQwen3
from .weights import FolderWeights, GgufWeights, MergedWeights


class TokenModel(Protocol):
    """Token ids laid end to end → final states of the wanted tokens, `[n, hidden_size]` float32."""

    def __call__(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: Layout,
        wanted: torch.Tensor | None,
        prefix: PrefixStates = (),
    ) -> torch.Tensor:
        """Return the final states of the `wanted` tokens; None means all tokens."""
        ...


def load_model(
    checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype, plan: ExecutionPlan | None = None
) -> TokenModel:
    """Load the weights into PackedQwen3, or into transformers' module if the checkpoint needs it (see `is_plain`).

    Raises:
        CheckpointError: Weights are missing, of the wrong shape or unreadable.
        ConfigError: int8 is asked for and the checkpoint needs transformers' module.
    """
    config = read_json(checkpoint.folder / "config.json")
    if is_plain(config):
        stored = torch.bfloat16 if dtype == torch.int8 else dtype
        weights = take_weights(checkpoint, device, stored)
        return PackedQwen3(Qwen3Architecture.of(config), weights, dtype, plan)
    if dtype == torch.int8:
        raise ConfigError('dtype="int8" runs plain Qwen3 checkpoints only, this one is unusual. Use dtype="bfloat16".')
    from .lora import merge_adapter
    from .transformers_model import ReferenceQwen3, load_reference, multiply_in_float32

    model = load_reference(checkpoint.folder, device, dtype)
    model = merge_adapter(model, checkpoint.adapter) if checkpoint.adapter else model
    if device.type == "cpu" and dtype == torch.bfloat16 and not has_bfloat16_matmul():
        multiply_in_float32(model)
    return ReferenceQwen3(model)


def take_weights(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> TakeWeight:
    """Return the function that reads a checkpoint's weights by name, its LoRA adapter merged."""
    if checkpoint.gguf is not None:
        return GgufWeights(checkpoint.gguf, device, dtype)
    if checkpoint.adapter is None:
        return FolderWeights(checkpoint.folder, device, dtype)
    from .lora import merge_adapter
    from .transformers_model import load_reference

    merged = merge_adapter(load_reference(checkpoint.folder, device, dtype), checkpoint.adapter)
    return MergedWeights(merged.state_dict())
