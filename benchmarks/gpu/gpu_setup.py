"""What the parts share: the device, models with random weights made on the spot, texts, times, the JSON file."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

import qwen3_embed_integrations
from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.torch.gpu.accelerator import Accelerator, read_accelerator
from qwen3_embed_integrations.backends.torch.gpu.forward import GpuForward
from qwen3_embed_integrations.backends.torch.gpu.load import load_gpu_model
from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint, open_checkpoint
from qwen3_embed_integrations.core.packing import PackedBatch, pack

SHAPES = {  # hidden, layers, heads, key heads, intermediate: config.json of the published models
    "0.6B": (1024, 28, 16, 8, 3072),
    "4B": (2560, 36, 32, 8, 9728),
    "dry": (128, 3, 4, 2, 256),
}
HEAD_DIM = 128
DRY = "--dry" in sys.argv
VOCABULARY = 151669
_DRY_VOCABULARY = 32768  # the ids of the bundled tokenizer fit into it


@dataclass(frozen=True)
class Run:
    """One part's run.

    Attributes:
        dry: Run on a CPU with a small model, to see that it runs.
        device: Where the part runs.
        found: What it measured; `save` writes it.
    """

    dry: bool
    device: torch.device
    out: Path
    found: dict[str, Any]

    def save(self, **figures: Any) -> None:
        """Add figures, print them and write all of them: a part that is cut off keeps what it had."""
        self.found.update(figures)
        self.out.write_text(json.dumps(self.found, indent=1, default=str) + "\n", encoding="utf-8")
        for name, value in figures.items():
            print(f"{name}: {json.dumps(value, default=str)}", flush=True)

    def shape(self, name: str) -> str:
        """Return the shape to use in place of a real one."""
        return "dry" if self.dry else name

    def forward(self, shape: str, dtype: str = "auto") -> GpuForward:
        """Load the model of a shape on the device, warmed up."""
        forward = GpuForward(load_gpu_model(checkpoint(self.shape(shape)), self.accelerator, dtype))
        forward.warm_up(())
        return forward

    @property
    def accelerator(self) -> Accelerator:
        """The device, or a CPU in its place."""
        return (
            Accelerator(self.device, "other", "a CPU", has_bfloat16=True) if self.dry else read_accelerator(self.device)
        )

    def wait(self) -> None:
        """Wait until the device has computed everything."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def start() -> Run:
    """Return the run of this process's arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    device = torch.device("cpu") if options.dry else torch.device("cuda", 0)
    card = "dry run on a CPU: no figure means anything" if options.dry else torch.cuda.get_device_name(device)
    return Run(options.dry, device, options.out, {"card": card, "torch": torch.__version__})


def checkpoint(shape: str) -> Checkpoint:
    """Open the checkpoint of a shape, with random weights, as sentence-transformers saves it; write it at first."""
    folder = Path(os.environ.get("MODELS", "/tmp/qwen3-embed-gpu-models")) / shape  # noqa: S108 - a cache
    if not (folder / "complete").exists():
        _write(folder, shape)
    return open_checkpoint(EncoderConfig(model=str(folder)))


def _write(folder: Path, shape: str) -> None:
    hidden, num_hidden_layers, n_heads, n_keys, intermediate = SHAPES[shape]
    folder.mkdir(parents=True, exist_ok=True)
    bundled = Path(qwen3_embed_integrations.__file__).parent / "models" / "tiny"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(bundled / name, folder / name)
    vocabulary = _DRY_VOCABULARY if shape == "dry" else VOCABULARY
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    weights = {
        name: (torch.ones(size) if len(size) == 1 else torch.randn(size, device=device).mul_(0.02).cpu()).bfloat16()
        for name, size in _tensors(hidden, num_hidden_layers, n_heads, n_keys, intermediate, vocabulary)
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "model_type": "qwen3",
        "architectures": ["Qwen3Model"],
        "hidden_act": "silu",
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "num_hidden_layers": num_hidden_layers,
        "num_attention_heads": n_heads,
        "num_key_value_heads": n_keys,
        "head_dim": HEAD_DIM,
        "intermediate_size": intermediate,
        "max_position_embeddings": 40960,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000,
        "tie_word_embeddings": True,
        "dtype": "bfloat16",
    }
    _json(folder / "config.json", config)
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = [
        {"idx": i, "name": str(i), "path": f"{i}_{kind}" if i else "", "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    _json(folder / "modules.json", modules)
    _json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": hidden, "pooling_mode_lasttoken": True})
    (folder / "2_Normalize").mkdir(exist_ok=True)
    _json(folder / "sentence_bert_config.json", {"max_seq_length": 32768, "do_lower_case": False})
    (folder / "complete").touch()


def _json(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def _tensors(  # noqa: PLR0913, PLR0917 - a shape
    hidden: int, num_hidden_layers: int, n_heads: int, n_keys: int, intermediate: int, vocabulary: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the name and size of each tensor of Qwen3Model."""
    yield from (("embed_tokens.weight", (vocabulary, hidden)), ("norm.weight", (hidden,)))
    for layer in range(num_hidden_layers):
        at = f"layers.{layer}."
        yield from ((f"{at}{name}_layernorm.weight", (hidden,)) for name in ("input", "post_attention"))
        yield from ((f"{at}self_attn.{name}_norm.weight", (HEAD_DIM,)) for name in "qk")
        for name, n in (("q", n_heads), ("k", n_keys), ("v", n_keys)):
            yield f"{at}self_attn.{name}_proj.weight", (n * HEAD_DIM, hidden)
        yield f"{at}self_attn.o_proj.weight", (hidden, n_heads * HEAD_DIM)
        yield from ((f"{at}mlp.{name}_proj.weight", (intermediate, hidden)) for name in ("gate", "up"))
        yield f"{at}mlp.down_proj.weight", (hidden, intermediate)


def flops_of(shape: str, lengths: list[int]) -> float:
    """Return the floating-point operations of texts: the products, and causal attention."""
    hidden, num_hidden_layers, n_heads, n_keys, intermediate = SHAPES[shape]
    weights = hidden * HEAD_DIM * (2 * n_heads + 2 * n_keys) + 3 * hidden * intermediate
    attention = 2 * n_heads * HEAD_DIM  # two products of half the square, times 2
    return float(num_hidden_layers * sum(2 * weights * n + attention * n * n for n in lengths))


def lognormal_lengths(n: int, median: int, most: int, seed: int = 0) -> list[int]:
    """Return realistic lengths of documents, in tokens."""
    drawn = np.random.default_rng(seed).lognormal(np.log(median), 0.8, size=n)
    return np.clip(drawn, 4, most).astype(int).tolist()


def batches_of(lengths: list[int], budget: int, prefix: tuple[int, ...] = (), seed: int = 0) -> list[PackedBatch]:
    """Return random token ids of these lengths, sorted and packed up to a budget, as the batcher does."""
    random = np.random.default_rng(seed)
    batches, group, total = [], [], 0
    for n in sorted(lengths, reverse=True):
        if group and total + n > budget:
            batches.append(pack(group[::-1], prefix))
            group, total = [], 0
        group.append(random.integers(1, 1000, size=n).tolist())
        total += n
    return [*batches, pack(group[::-1], prefix)]


def run_all(forward: GpuForward, batches: list[PackedBatch]) -> list[np.ndarray]:
    """Compute batches, two in flight, as the batcher does."""
    found, ahead = [], None
    for batch in batches:
        begun = forward.submit(batch)
        if ahead is not None:
            found.append(ahead())
        ahead = begun
    return [*found, ahead()] if ahead is not None else found


def seconds(work: Callable[[], Any], at_least: int = 3, budget_s: float = 3.0) -> dict[str, float]:
    """Return the median, least and 99th percentile of the seconds that `work` takes, which ends when it is done."""
    taken, began = [], time.perf_counter()
    budget_s = 0.1 if DRY else budget_s
    while len(taken) < at_least or (time.perf_counter() - began < budget_s and len(taken) < 200):  # noqa: PLR2004
        at = time.perf_counter()
        work()
        taken.append(time.perf_counter() - at)
    return {
        "median_s": statistics.median(taken),
        "least_s": min(taken),
        "p99_s": float(np.quantile(taken, 0.99)),
        "n": len(taken),
    }


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the cosine of each pair of embeddings."""
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
