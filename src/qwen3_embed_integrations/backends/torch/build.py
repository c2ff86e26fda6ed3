"""Configuration and checkpoint → a backend that runs on PyTorch; a report of its plan."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import TYPE_CHECKING

import torch

from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, read_json
from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.execution_plan import ExecutionPlan
from qwen3_embed_integrations.core.reranker_config import RerankerRuntimeConfig
from qwen3_embed_integrations.scheduling.worker_thread import run_in_thread

from .architecture import Qwen3Architecture, is_plain
from .device import HEAVY, choose_devices, has_bfloat16_matmul
from .forward import TorchForward, choose_arithmetic
from .memory import available_memory, needed_bytes
from .reranker_head import PipelinedReranker, RerankerForward, raise_if_head_is_adapted, read_head

if TYPE_CHECKING:
    from .gpu.build import AnyGpuForward
_SMALL_BATCH_TOKENS = 2048  # of a small model, whose batches compute for less time than it takes to form them
_GROWTH = 1.1  # of the heap, after which a load collects again; Python itself does so at 1.25

_collected_blocks = 0  # blocks of memory in use after the last full collection at a load


def load_backend(config: EncoderConfig, checkpoint: Checkpoint) -> LocalBackend:
    """Load the model and return a backend that runs it.

    Load in a temporary thread: OpenMP keeps helper threads for each living thread that ever used several, and with
    more helpers than processors they sleep between products, which makes a query a fifth slower.

    Raises:
        CheckpointError: Weights are missing, of the wrong shape or unreadable.
        ConfigError: The device, dtype or pinned plan can't be used here.
    """
    return run_in_thread(lambda: _build(config, checkpoint), "qwen3-embed-load")


def _build(config: EncoderConfig, checkpoint: Checkpoint) -> LocalBackend:
    if isinstance(config, RerankerRuntimeConfig):
        raise_if_head_is_adapted(checkpoint)
    devices = choose_devices(config.device)
    forward: TorchForward | AnyGpuForward
    if devices[0].type == "cpu":
        forward = TorchForward(checkpoint, devices[0], config.dtype, config.plan)
        budget = config.max_batch_tokens or _batch_tokens(forward.plan, checkpoint)
    else:
        from .gpu.build import GPU_BATCH_TOKENS, gpu_forward

        forward = gpu_forward(checkpoint, devices, config.dtype)
        budget = config.max_batch_tokens or GPU_BATCH_TOKENS
    if isinstance(config, RerankerRuntimeConfig):
        backend = _reranker_backend(checkpoint, forward, budget)
        forward.warm_up(())
    else:
        backend = LocalBackend(
            TextTokenizer(checkpoint.folder), forward, budget, checkpoint.model_info.hidden_size, forward.streams
        )
        forward.warm_up(backend.prefix(checkpoint.model_info.query_prompt(config.task)))
    _collect_garbage()
    _release_memory()
    return backend


def _batch_tokens(plan: ExecutionPlan, checkpoint: Checkpoint) -> int:
    """Return the most tokens of a batch: one block of a layer, and several of a small model."""
    is_small = Qwen3Architecture.of(read_json(checkpoint.folder / "config.json")).n_parameters < HEAVY
    return max(plan.block_tokens, _SMALL_BATCH_TOKENS) if is_small else plan.block_tokens


def _reranker_backend(checkpoint: Checkpoint, forward: TorchForward | AnyGpuForward, budget: int) -> LocalBackend:
    """Return a backend whose embeddings have one component: the logit of a pair."""
    tokenizer = PairTokenizer(checkpoint.folder)
    head = read_head(checkpoint, tokenizer.answer_ids)
    scored = RerankerForward(forward, head) if isinstance(forward, TorchForward) else PipelinedReranker(forward, head)
    return LocalBackend(tokenizer, scored, budget, 1, forward.streams)


def _collect_garbage() -> None:
    """Run a full garbage collection over the quarter of a million objects that imports made, unless one was run.

    Otherwise Python runs it during the first calls, where it blocks an event loop for 0.1 s. Python runs the next one
    when the number of objects has grown by a quarter; so a later load collects only if the heap has grown as much since
    the last collection here, as it does when it imports numba or transformers.
    """
    global _collected_blocks  # noqa: PLW0603 - the heap is the process's own
    if gc.isenabled() and sys.getallocatedblocks() > _collected_blocks * _GROWTH:
        gc.collect()
        _collected_blocks = sys.getallocatedblocks()


def _release_memory() -> None:
    """Return freed memory to the system: glibc keeps half a gigabyte after an int8 load of the 0.6B model."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # musl has none
        trim(0)


def report(config: EncoderConfig, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    """Return how this machine would compute the model, and why, as (name, value); load no weights."""
    devices = choose_devices(config.device)
    stored = read_json(checkpoint.folder / "config.json")
    architecture = Qwen3Architecture.of(stored)
    model = f"{checkpoint.model_info.model}, {architecture.n_parameters / 1e6:,.0f} million parameters"
    whose = "this package's own" if is_plain(stored) else "transformers': the checkpoint is unusual"
    if devices[0].type != "cpu":
        from .gpu.build import GPU_BATCH_TOKENS, gpu_report

        tokens = config.max_batch_tokens or GPU_BATCH_TOKENS
        return [("model", model), *gpu_report(architecture, devices, config.dtype, tokens), ("forward", whose)]
    dtype, chosen = choose_arithmetic(stored, devices[0], config.dtype, config.plan)
    matrices = "multiplies" if has_bfloat16_matmul() else "doesn't multiply"
    return [
        ("model", model),
        ("device", f"cpu, {torch.get_num_threads()} threads; it {matrices} bfloat16 in hardware"),
        *_memory(architecture, dtype),
        ("dtype", str(dtype).removeprefix("torch.")),
        ("forward", whose),
        ("plan", str(chosen.plan)),
        *(("because", reason) for reason in chosen.reasons),
        ("advice", _advice(architecture)),
    ]


def _advice(architecture: Qwen3Architecture) -> str:
    """Return which runtime is faster for what, as measured by benchmarks/runtimes.py and benchmarks/race."""
    exported = "an export in int8 with " if architecture.n_parameters >= HEAVY else ""
    return f'for single queries {exported}backend="onnx" is faster and starts sooner; for documents PyTorch is faster'


def _memory(architecture: Qwen3Architecture, dtype: torch.dtype) -> list[tuple[str, str]]:
    """Return what a CPU's memory has and the model needs."""
    available = available_memory()
    if available is None:
        return []
    needed = needed_bytes(architecture, dtype)
    return [
        (
            "weights",
            f"{needed / 1e9:.1f} GB needed in {str(dtype).removeprefix('torch.')}, {available / 1e9:.1f} GB available",
        )
    ]
