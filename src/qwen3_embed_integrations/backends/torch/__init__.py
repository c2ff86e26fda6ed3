"""PyTorch: the only place that imports torch, apart from training.

build              configuration and checkpoint → backend; a report of its plan
load               checkpoint → model on a device
weights            a folder's safetensors files, one tensor at a time
lora               a LoRA adapter merged into the weights
forward            a packed batch → pooled embeddings
modeling_qwen3     the Qwen3 decoder on packed tokens
decoder_layer      one layer's products and norms from the weights
transformers_model transformers' Qwen3Model: the reference, and unusual checkpoints
architecture       the model's dimensions, from config.json
attention          causal attention over packed sequences
pooling            token states → one embedding a text
prefix_cache       keys and values of shared prefixes
device             device, dtype and threads
plan_selection     the execution plan of a model on this machine
thread_team        threads that compute one long text together
kernels            matrix products, and the fused operations between them
"""

from .build import build, report_plan

__all__ = ["build", "report_plan"]
