"""Configuration and checkpoint → a backend that runs on PyTorch; a report of its plan."""

from __future__ import annotations

import gc

import torch

from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, read_json
from qwen3_embed_integrations.checkpoints.pair_tokenizer import PairTokenizer
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.reranker_config import RerankerRuntimeConfig
from qwen3_embed_integrations.scheduling.worker_thread import run_in_thread

from .architecture import Qwen3Architecture, is_plain
from .device import choose_device, choose_dtype, has_bfloat16_matmul
from .forward import TorchForward
from .plan_selection import choose_plan
from .reranker_head import RerankerForward, read_head

_GPU_BATCH_TOKENS = 16384


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
    device = choose_device(config.device)
    forward = TorchForward(checkpoint, device, config.dtype, config.plan)
    budget = config.max_batch_tokens or (forward.plan.block_tokens if device.type == "cpu" else _GPU_BATCH_TOKENS)
    if isinstance(config, RerankerRuntimeConfig):
        backend = _reranker_backend(checkpoint, forward, budget)
        forward.warm_up(())
    else:
        backend = LocalBackend(
            TextTokenizer(checkpoint.folder), forward, budget, checkpoint.model_info.hidden_size, forward.streams
        )
        forward.warm_up(backend.prefix(checkpoint.model_info.query_prompt(config.task)))
    _collect_garbage()
    return backend


def _reranker_backend(checkpoint: Checkpoint, forward: TorchForward, budget: int) -> LocalBackend:
    """Return a backend whose embeddings have one component: the logit of a pair."""
    tokenizer = PairTokenizer(checkpoint.folder)
    head = read_head(checkpoint, tokenizer.answer_ids)
    return LocalBackend(tokenizer, RerankerForward(forward, head), budget, 1, forward.streams)


def _collect_garbage() -> None:
    """Run a full garbage collection now, over the quarter of a million objects that the imports made.

    Otherwise Python runs it during the first calls, where it blocks an event loop for 0.1 s. The next one comes when
    the number of objects has grown by a quarter.
    """
    if gc.isenabled():
        gc.collect()


def report(config: EncoderConfig, checkpoint: Checkpoint) -> list[tuple[str, str]]:
    """Return how this machine would compute the model, and why, as (name, value); load no weights."""
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
        ("forward", "this package's own" if is_plain(stored) else "transformers': the checkpoint is unusual"),
        ("plan", str(chosen.plan)),
        *(("because", reason) for reason in chosen.reasons),
    ]
