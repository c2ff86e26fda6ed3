"""The Qwen3 forward pass on packed tokens, in PyTorch: transformers' own Qwen3Model, run without padding."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from transformers import Qwen3Model
from transformers.utils import logging as transformers_logging

from qwen3_embed_integrations.core.arrays import FloatArray
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import CheckpointError, ConfigError
from qwen3_embed_integrations.core.packing import PackedBatch

from . import attention
from .checkpoint import Checkpoint
from .local import LocalBackend
from .lora import merge_adapter
from .pooling import pool
from .tokens import TextTokenizer

_CPU_BATCH_TOKENS = 2048  # 0.6B on two cores: 649, 690 and 694 tokens/s with 512, 1024 and 2048
_GPU_BATCH_TOKENS = 16384

logger = logging.getLogger(__name__)


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
        self._exact: Qwen3Model | None = None

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
                raise MemoryError(str(error).splitlines()[0]) from error
            raise
        return rows

    def _in_float32(self) -> Qwen3Model:
        if self._exact is None:
            self._exact = load_model(self._checkpoint, self._device, torch.float32)
        return self._exact

    @torch.inference_mode()
    def _run(self, model: Qwen3Model, batch: PackedBatch) -> FloatArray:
        ids, positions, bounds = (
            torch.from_numpy(array).to(self._device)
            for array in (batch.input_ids, batch.position_ids, batch.cu_seqlens)
        )
        states = model(
            input_ids=ids[None],
            position_ids=positions[None],
            attention_mask={"full_attention": None},
            use_cache=False,
            runs=attention.equal_length_runs(batch.lengths.tolist()),
        ).last_hidden_state[0]
        rows: FloatArray = pool(states, bounds, self._checkpoint.facts.pooling).cpu().numpy()
        return rows


def load_model(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> Qwen3Model:
    """Loads the weights, refusing a checkpoint that lacks some: transformers would make them up.

    Raises:
        CheckpointError: Weights are missing, of the wrong shape or unreadable.
    """
    try:
        model, report = _from_pretrained(
            checkpoint.folder,
            dtype=dtype,
            attn_implementation=attention.NAME,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"The weights in {checkpoint.folder} can't be loaded ({_first_line(error)}). "
            "Copy or download the checkpoint again."
        ) from error
    wrong = sorted(str(key) for kind in ("missing_keys", "mismatched_keys") for key in report.get(kind, ()))
    if wrong:
        raise CheckpointError(
            f"The weights in {checkpoint.folder} lack {len(wrong)} tensors or have them in another shape "
            f"({', '.join(wrong[:3])}). The checkpoint is incomplete: copy or download it again."
        )
    if checkpoint.adapter:
        model = merge_adapter(model, checkpoint.adapter)
    torch.nn.Module.train(model, mode=False)
    torch.nn.Module.to(model, device)  # transformers' own `to` is typed for itself alone
    return model


def _from_pretrained(folder: Path, **options: Any) -> tuple[Qwen3Model, dict[str, Any]]:
    """Loads without the progress bar that transformers draws into everybody's terminal."""
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    try:
        return cast("tuple[Qwen3Model, dict[str, Any]]", Qwen3Model.from_pretrained(folder, **options))
    finally:
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]  # same


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
