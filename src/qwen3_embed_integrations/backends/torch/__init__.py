"""PyTorch: the only place that imports torch, apart from training.

build              configuration and checkpoint → backend; a report of its plan
load               checkpoint → model on a device
weights            a folder's safetensors files, one tensor at a time
lora               a LoRA adapter merged into the weights
forward            a packed batch → pooled embeddings
reranker_head      the last token's state → a reranker's logit
modeling_qwen3     the Qwen3 decoder on packed tokens
decoder_layer      one layer's products and norms from the weights
transformers_model transformers' Qwen3Model: the reference, and unusual checkpoints
architecture       the model's dimensions, from config.json
attention          causal attention over packed sequences on a CPU
gpu                the GPU path: attention and kernels by trial, graphs, batches in flight
pooling            token states → one embedding a text
device             device, dtype and threads
plan_selection     the execution plan of a model on this machine
thread_team        threads that compute one long text together
kernels            matrix products, and the fused operations between them
"""

from __future__ import annotations

from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, open_checkpoint
from qwen3_embed_integrations.checkpoints.requirements import require_embedder, require_reranker
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.protocols import Backend
from qwen3_embed_integrations.core.reranker_config import RerankerRuntimeConfig

__all__ = ["build_backend", "open_model", "report_plan"]


def open_model(config: EncoderConfig) -> Checkpoint:
    """Open the model folder of `config`, an embedding model's or a reranker's; load no weights."""
    return open_checkpoint(config, require_reranker if isinstance(config, RerankerRuntimeConfig) else require_embedder)


def build_backend(config: EncoderConfig, model: Checkpoint) -> Backend:
    """Load the model and return a backend that runs it; torch is imported here."""
    from .build import load_backend

    return load_backend(config, model)


def report_plan(config: EncoderConfig, model: Checkpoint) -> list[tuple[str, str]]:
    """Return how this machine would compute the model, and why, as (what, found); load no weights."""
    from .build import report

    return report(config, model)
