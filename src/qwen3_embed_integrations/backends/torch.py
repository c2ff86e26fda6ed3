"""The PyTorch runtime: device, dtype, and a packed batch through the model into pooled rows."""

from __future__ import annotations

import logging
from typing import Protocol

import numpy as np
import torch

from qwen3_embed_integrations.core.arrays import FloatArray
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.packing import PackedBatch

from .attention import Layout
from .checkpoint import Checkpoint, read_json
from .local import LocalBackend
from .pooling import pool
from .qwen3 import PackedQwen3, Shape, is_plain
from .tokens import TextTokenizer
from .weights import FolderWeights

_CPU_BATCH_TOKENS = 2048  # 0.6B on two cores: 649, 690 and 694 tokens/s with 512, 1024 and 2048
_GPU_BATCH_TOKENS = 16384

logger = logging.getLogger(__name__)


class TokenModel(Protocol):
    """Token ids laid end to end → final states of the wanted tokens, `[n, width]` float32."""

    def __call__(
        self, ids: torch.Tensor, positions: torch.Tensor, layout: Layout, wanted: torch.Tensor | None
    ) -> torch.Tensor:
        """Gives the final states of the `wanted` tokens (None: of all)."""
        ...


def build(config: EncoderConfig, checkpoint: Checkpoint) -> LocalBackend:
    """Loads the model and gives a backend that runs it."""
    device = choose_device(config.device)
    dtype = choose_dtype(config.dtype, device)
    tokenizer = TextTokenizer(checkpoint.folder)
    forward = TorchForward(checkpoint, device, dtype)
    budget = config.max_batch_tokens or (_CPU_BATCH_TOKENS if device.type == "cpu" else _GPU_BATCH_TOKENS)
    return LocalBackend(tokenizer, forward, budget, checkpoint.facts.width)


def choose_device(name: str) -> torch.device:
    """Gives the device called `name`; "auto" is CUDA, else MPS, else the CPU.

    Raises:
        ConfigError: No such device here.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).splitlines()[0]
        raise ConfigError(f'device={name!r} can\'t be used here ({reason}). Use "auto" or "cpu".') from error
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Gives the dtype called `name` for `device`.

    Raises:
        ConfigError: float16 where bfloat16 or float32 serve: it overflows to NaN on the 8B model
            (QwenLM/Qwen3-Embedding#164).
    """
    has_bfloat16 = device.type == "mps" or (device.type == "cuda" and torch.cuda.is_bf16_supported())
    if name == "auto":
        return torch.bfloat16 if has_bfloat16 else torch.float32
    if name == "float16" and (device.type == "cpu" or has_bfloat16):
        raise ConfigError(
            f'dtype="float16" is refused on {device.type!r}: its range overflows to NaN on Qwen3-Embedding-8B. '
            f'Use dtype="bfloat16"{" or float32" if device.type == "cpu" else ""}.'
        )
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]


class TorchForward:
    """A packed batch → pooled rows. A row that is not finite in a 16-bit dtype is computed again in float32."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> None:
        self._checkpoint = checkpoint
        self._device = device
        self._dtype = dtype
        self._model = load_model(checkpoint, device, dtype)
        self._exact: TokenModel | None = None

    def __call__(self, batch: PackedBatch) -> FloatArray:
        """Gives `[n, width]` float32 rows; a row may still be non-finite, the caller refuses it."""
        try:
            rows = self._run(self._model, batch)
            bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
            if bad.size and self._dtype != torch.float32:
                logger.warning("%d rows overflowed in %s; computing them in float32", bad.size, self._dtype)
                rows[bad] = self._run(self._in_float32(), batch)[bad]
        except RuntimeError as error:
            if _is_out_of_memory(error):
                raise MemoryError(str(error).partition("\n")[0]) from error
            raise
        return rows

    def _in_float32(self) -> TokenModel:
        if self._exact is None:
            self._exact = load_model(self._checkpoint, self._device, torch.float32)
        return self._exact

    @torch.inference_mode()
    def _run(self, model: TokenModel, batch: PackedBatch) -> FloatArray:
        ids, positions, bounds = (
            torch.from_numpy(array).to(self._device)
            for array in (batch.input_ids, batch.position_ids, batch.cu_seqlens)
        )
        layout = Layout.of(batch.lengths.tolist(), self._device)
        pooling = self._checkpoint.facts.pooling
        if pooling == "lasttoken":
            rows = model(ids, positions, layout, bounds[1:] - 1)
        else:
            rows = pool(model(ids, positions, layout, None), bounds, pooling)
        pooled: FloatArray = rows.cpu().numpy()
        return pooled


def load_model(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> TokenModel:
    """Loads the weights: into the forward pass written here, or into transformers' for an unusual checkpoint.

    Raises:
        CheckpointError: Weights are missing, of the wrong shape or unreadable.
    """
    config = read_json(checkpoint.folder / "config.json")
    if checkpoint.adapter is None and is_plain(config):
        return PackedQwen3(Shape.of(config), FolderWeights(checkpoint.folder, device, dtype), dtype)
    from .lora import merge_adapter
    from .reference import ReferenceQwen3, load_reference

    model = load_reference(checkpoint.folder, device, dtype)
    return ReferenceQwen3(merge_adapter(model, checkpoint.adapter) if checkpoint.adapter else model)


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
