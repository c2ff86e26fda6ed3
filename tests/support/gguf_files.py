"""GGUF files, written by the tests with the package gguf from a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf_writer import finish, named_tensors, write_shape, write_tokenizer
from safetensors.numpy import save_file

from checkpoints import TINY

Q4_K_BYTES, Q4_K_NUMBERS = 144, 256  # of a block


def write_gguf(folder: Path, target: Path, kind: str, **changed: Any) -> Path:
    """Write a checkpoint as GGUF, matrices as `kind` says: "F32", "F16", "Q8_0" or "Q4_K"; return the file.

    Args:
        folder: A checkpoint in Hugging Face format.
        target: The file.
        kind: Name of a ggml type. Q4_K gets random blocks: the package can only read it.
        **changed: "architecture", "pre" or "pooling" other than Qwen3-Embedding's own.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(target, changed.get("architecture", "qwen3"))
    writer.add_file_type({"F32": 0, "F16": 1, "Q8_0": 7, "Q4_K": 15}[kind])
    write_shape(writer, config, changed.get("pooling", gguf.PoolingType.LAST))
    write_tokenizer(writer, folder, config["vocab_size"], changed.get("pre", "qwen2"))
    for _, known, tensor in named_tensors(folder, config["num_hidden_layers"]):
        stored = gguf.GGMLQuantizationType[kind if tensor.ndim > 1 else "F32"]
        numbers = _q4_k(tensor.shape) if stored.name == "Q4_K" else gguf.quants.quantize(tensor.astype("f4"), stored)
        writer.add_tensor(known, numbers, raw_dtype=stored)
    finish(writer)
    return target


def small_tokenizer(folder: Path, n_merges: int = 800) -> Path:
    """Write the bundled tokenizer with its first merges only; return the folder."""
    stored = json.loads((TINY / "tokenizer.json").read_text(encoding="utf-8"))
    merges = stored["model"]["merges"][:n_merges]
    merged = {"".join(merge) for merge in merges}
    kept = [token for token in stored["model"]["vocab"] if len(token) == 1 or token in merged]
    added = [{**one, "id": len(kept) + at} for at, one in enumerate(stored["added_tokens"])]
    model = {**stored["model"], "vocab": {token: at for at, token in enumerate(kept)}, "merges": merges}
    small = {**stored, "model": model, "added_tokens": added, "post_processor": None}
    (folder / "tokenizer.json").write_text(json.dumps(small), encoding="utf-8")
    (folder / "tokenizer_config.json").write_bytes((TINY / "tokenizer_config.json").read_bytes())
    return folder


def dequantised_checkpoint(folder: Path, file: Path, target: Path) -> Path:
    """Write the checkpoint whose weights are those of a GGUF file, and return its folder."""
    for path in folder.rglob("*.json"):
        (target / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
        (target / path.relative_to(folder)).write_bytes(path.read_bytes())
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    stored = {one.name: one for one in gguf.GGUFReader(file).tensors}
    weights = {}
    for name, known, tensor in named_tensors(folder, config["num_hidden_layers"]):
        one = stored[known]
        weights[name] = gguf.quants.dequantize(one.data, one.tensor_type).astype("f4").reshape(tensor.shape)
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    return target


def _q4_k(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return random blocks: two scales in float16, twelve bytes of 6-bit scales, 128 bytes of 4-bit numbers."""
    rng = np.random.default_rng(len(shape) + sum(shape))
    n_blocks = shape[1] // Q4_K_NUMBERS
    blocks = rng.integers(0, 256, (shape[0], n_blocks, Q4_K_BYTES), dtype=np.uint8)
    scales = np.array([1e-4, 8e-4], dtype=np.float16).view(np.uint8)
    blocks[..., :4] = scales
    return blocks.reshape(shape[0], -1)
