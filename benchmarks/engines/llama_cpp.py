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
from safetensors.numpy import load_file

END_TOKEN = "<|endoftext|>"  # noqa: S105 - the end token of a text, no secret


def convert(folder: Path, target: Path, *, appends_end_token: bool, weights: str = "f32") -> None:
    """Write a checkpoint in Hugging Face format as GGUF (keys: gguf-py and llama.cpp's conversion of Qwen3).

    Matrices are stored as `weights` says: "f32", "bf16" or "q8_0".
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(target, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.QWEN3])
    write_shape(writer, config)
    write_tokenizer(writer, folder, config["vocab_size"], appends_end_token=appends_end_token)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, config["num_hidden_layers"])
    for name, tensor in load_file(folder / "model.safetensors").items():
        known = names.get_name(f"model.{name.removeprefix('model.')}", try_suffixes=(".weight",))
        kind = gguf.GGMLQuantizationType[weights.upper() if tensor.ndim > 1 else "F32"]
        writer.add_tensor(known, gguf.quants.quantize(tensor.astype(np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_shape(writer: gguf.GGUFWriter, config: dict) -> None:
    """Write the metadata that comes from config.json."""
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config.get("rope_parameters") or {}
    writer.add_rope_freq_base(rope.get("rope_theta") or config["rope_theta"])
    writer.add_pooling_type(gguf.PoolingType.LAST)


def write_tokenizer(writer: gguf.GGUFWriter, folder: Path, n_vocab: int, *, appends_end_token: bool) -> None:
    """Write the vocabulary and merges from tokenizer.json."""
    stored = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokens = {index: (token, gguf.TokenType.NORMAL) for token, index in stored["model"]["vocab"].items()}
    for added in stored["added_tokens"]:
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        tokens[added["id"]] = (added["content"], kind)
    filled = [tokens.get(index, (f"[PAD{index}]", gguf.TokenType.UNUSED)) for index in range(n_vocab)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([token for token, _ in filled])
    writer.add_token_types([kind for _, kind in filled])
    merges = stored["model"]["merges"]
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    end_id = next(index for index, (token, _) in tokens.items() if token == END_TOKEN)
    writer.add_eos_token_id(end_id)
    writer.add_pad_token_id(end_id)
    writer.add_add_bos_token(value=False)
    writer.add_add_eos_token(appends_end_token)


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
