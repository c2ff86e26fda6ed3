"""Serve a Qwen3 checkpoint with llama.cpp's own HTTP server, on the CPU, in float32.

Runs in an environment of its own:  pip install xllamacpp gguf safetensors
Then:  python benchmarks/engines/llama_cpp.py FOLDER [--no-end-token]

Print the server's address and serve until standard input ends. With --no-end-token the GGUF file says that no end
token is appended, as the first conversions of Qwen3-Embedding did (llama.cpp#14234).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
import xllamacpp
from gguf_writer import finish, named_tensors, write_shape, write_tokenizer


def convert(folder: Path, target: Path, *, appends_end_token: bool, weights: str = "f32") -> None:
    """Write a checkpoint in Hugging Face format as GGUF; matrices are stored as "f32", "bf16" or "q8_0"."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(target, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.QWEN3])
    write_shape(writer, config)
    write_tokenizer(writer, folder, config["vocab_size"], appends_end_token=appends_end_token)
    for _, known, tensor in named_tensors(folder, config["num_hidden_layers"]):
        kind = gguf.GGMLQuantizationType[weights.upper() if tensor.ndim > 1 else "F32"]
        writer.add_tensor(known, gguf.quants.quantize(tensor.astype(np.float32), kind), raw_dtype=kind)
    finish(writer)


def parameters(model: Path, *, n_tokens: int, n_threads: int) -> xllamacpp.CommonParams:
    """Return the settings of a server that embeds texts of at most `n_tokens`."""
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
    params.n_ctx = params.n_batch = params.n_ubatch = n_tokens
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = n_threads
    params.warmup = False
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    return params


def serve(model: Path) -> None:
    """Serve exact float32 embeddings until standard input ends."""
    params = parameters(model, n_tokens=2048, n_threads=1)
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


def main() -> None:
    """Convert the checkpoint and serve it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-end-token", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch) / "model.gguf"
        convert(arguments.folder, model, appends_end_token=not arguments.no_end_token)
        serve(model)


if __name__ == "__main__":
    main()
