"""PyTorch: the only place that imports torch, apart from training.

build              configuration → backend
load               checkpoint → model
weights            a folder's safetensors files, one tensor at a time
lora               a LoRA adapter merged into the weights
forward            a packed batch → pooled embeddings
modeling_qwen3     the Qwen3 decoder on packed tokens
transformers_model transformers' Qwen3Model: the reference, and unusual checkpoints
architecture       config.json's numbers
attention          causal attention over packed sequences
pooling            token states → one embedding a text
prefix_cache       keys and values of shared prefixes
device             device, dtype and threads
plan_selection     how this machine computes
thread_team        threads that compute one long text together
kernels            matrix products, and the operations between them
"""

from .build import build, report_plan

__all__ = ["build", "report_plan"]
