"""Configuration and checkpoint → a backend that runs on PyTorch; and a report of how it would run."""

from __future__ import annotations

import gc

import torch

from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, read_json
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.scheduling.worker_thread import run_in_thread

from .architecture import Qwen3Architecture, is_plain
from .device import choose_device, choose_dtype, has_bfloat16_matmul
from .forward import TorchForward
from .plan_selection import choose_plan

_GPU_BATCH_TOKENS = 16384


def build(config: EncoderConfig, checkpoint: Checkpoint) -> LocalBackend:
    """Loads the model and gives a backend that runs it.

    In a thread that ends with it: OpenMP keeps a team of helpers for each living thread that ever had several, and
    with more helpers than processors they sleep between any two products, which makes a query a fifth slower.
    """
    return run_in_thread(lambda: _build(config, checkpoint), "qwen3-embed-load")


def _build(config: EncoderConfig, checkpoint: Checkpoint) -> LocalBackend:
    device = choose_device(config.device)
    forward = TorchForward(checkpoint, device, config.dtype, config.plan)
    budget = config.max_batch_tokens or (forward.plan.block_tokens if device.type == "cpu" else _GPU_BATCH_TOKENS)
    backend = LocalBackend(
        TextTokenizer(checkpoint.folder), forward, budget, checkpoint.model_info.hidden_size, forward.streams
    )
    forward.warm_up(backend.prefix(checkpoint.model_info.query_prompt(config.task)))
    _collect_garbage()
    return backend


def _collect_garbage() -> None:
    """Lets Python's collector walk now over what the imports left, a quarter of a million objects.

    It would do so during the first calls, for 0.1 s, in which an event loop stands still. The next such walk comes
    when a quarter as many have been added.
    """
    if gc.isenabled():
        gc.collect()


def report_plan(config: EncoderConfig, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    """Gives what would compute this model here, and why, as (what, found); loads no weights."""
    device = choose_device(config.device)
    stored = read_json(checkpoint.folder / "config.json")
    n_parameters = Qwen3Architecture.of(stored).n_parameters
    dtype = choose_dtype(config.dtype, device, n_parameters)
    chosen = choose_plan(config.plan, device, dtype, n_parameters)
    matrices = "multiplies" if device.type != "cpu" or has_bfloat16_matmul() else "doesn't multiply"
    return [
        ("model", f"{checkpoint.model_info.model}, {n_parameters / 1e6:,.0f} million parameters"),
        ("device", f"{device}, {torch.get_num_threads()} threads; it {matrices} bfloat16 in hardware"),
        ("dtype", str(dtype).removeprefix("torch.")),
        ("forward", "written here" if is_plain(stored) else "transformers': the checkpoint is unusual"),
        ("plan", str(chosen.plan)),
        *(("because", reason) for reason in chosen.reasons),
    ]
