"""A checkpoint → a model on a GPU, with the attention and the fused kernels that run there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture, is_plain
from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import GpuOpsConfig
from qwen3_embed_integrations.backends.torch.kernels.triton_ops import choose_gpu_ops
from qwen3_embed_integrations.backends.torch.load import take_weights
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, read_json

from .accelerator import Accelerator, current, gpu_dtype, supported
from .attention import Attention, VarlenLayout, choose_attention
from .model import GpuQwen3, SharedPrefix

if TYPE_CHECKING:
    from qwen3_embed_integrations.backends.torch.transformers_model import ReferenceQwen3  # imports transformers

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GpuModel:
    """A loaded model and what it runs on.

    Attributes:
        runs: The decoder: ours, or transformers' for unusual checkpoints.
        accelerator: The device.
        architecture: The model's dimensions.
        dtype: The dtype of weights and products.
        attention: The attention kernel.
        pooling: How a text's token states become one embedding.
    """

    runs: GpuQwen3 | ReferenceQwen3
    accelerator: Accelerator
    architecture: Qwen3Architecture
    dtype: torch.dtype
    attention: Attention
    pooling: str

    def states(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        layout: VarlenLayout,
        wanted: torch.Tensor | None,
        prefix: SharedPrefix | None = None,
    ) -> torch.Tensor:
        """Return the final states of the `wanted` tokens, `[n, hidden_size]` float32; None means all tokens."""
        if isinstance(self.runs, GpuQwen3):
            return self.runs(ids, positions, layout, wanted, prefix)
        return self.runs(ids, positions, layout, wanted)

    def exact_states(
        self, ids: torch.Tensor, positions: torch.Tensor, layout: VarlenLayout, wanted: torch.Tensor | None
    ) -> torch.Tensor:
        """Return the same computed in float32, each weight converted for its own product."""
        if isinstance(self.runs, GpuQwen3):
            return self.runs(ids, positions, layout, wanted, None, self.runs.exact(self.exact_attention))
        from qwen3_embed_integrations.backends.torch.transformers_model import in_float32

        with in_float32(self.runs, self.exact_attention.kernel) as exact:
            return exact(ids, positions, layout, wanted)

    @cached_property
    def exact_attention(self) -> Attention:
        """The attention kernel of float32."""
        return attention_of(self.architecture, self.accelerator, torch.float32)


def attention_of(
    architecture: Qwen3Architecture, accelerator: Accelerator, dtype: torch.dtype, names: Sequence[str] = ()
) -> Attention:
    """Return the attention kernel of a model on a device; `names` replaces the table's kernels."""
    with current(accelerator.device):
        return choose_attention(
            names or supported(accelerator).attention,
            accelerator.device,
            dtype,
            num_attention_heads=architecture.num_attention_heads,
            num_key_value_heads=architecture.num_key_value_heads,
            head_dim=architecture.head_dim,
        )


def load_gpu_model(checkpoint: Checkpoint, accelerator: Accelerator, dtype: str = "auto") -> GpuModel:
    """Load a checkpoint's weights and try what the device runs.

    Raises:
        CheckpointError: Weights are missing, of the wrong shape or unreadable.
        ConfigError: The dtype can't be used here.
    """
    config = read_json(checkpoint.folder / "config.json")
    architecture, chosen = Qwen3Architecture.of(config), gpu_dtype(dtype, accelerator)
    device = accelerator.device
    if chosen == torch.float16 and device.type == "cuda":  # sums of float16 products would be rounded to float16
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    attention = attention_of(architecture, accelerator, chosen)
    reasons = [attention.reason]
    runs: GpuQwen3 | ReferenceQwen3
    if is_plain(config):
        ops_config = GpuOpsConfig(
            architecture.num_attention_heads,
            architecture.num_key_value_heads,
            architecture.head_dim,
            architecture.rms_norm_eps,
            chosen,
        )
        with current(device):
            ops, reason = choose_gpu_ops(ops_config, device, fused=supported(accelerator).fused)
        reasons.append(reason)
        runs = GpuQwen3(architecture, take_weights(checkpoint, device, chosen), chosen, attention, ops)
    else:
        from qwen3_embed_integrations.backends.torch.lora import merge_adapter
        from qwen3_embed_integrations.backends.torch.transformers_model import ReferenceQwen3, load_reference

        model = load_reference(checkpoint.folder, device, chosen)
        model = merge_adapter(model, checkpoint.adapter) if checkpoint.adapter else model
        runs = ReferenceQwen3(model, attention.kernel)
    logger.info("%s on %s in %s: %s", checkpoint.model_info.model, accelerator, chosen, "; ".join(reasons))
    return GpuModel(runs, accelerator, architecture, chosen, attention, checkpoint.model_info.pooling)
