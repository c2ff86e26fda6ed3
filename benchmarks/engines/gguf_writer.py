"""Write a Qwen3 checkpoint in Hugging Face format as GGUF (keys: gguf-py and llama.cpp's conversion of Qwen3).

Needs gguf, numpy and safetensors alone: llama_cpp.py uses it in an environment of its own, the tests in theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors.numpy import load_file

END_TOKEN = "<|endoftext|>"  # noqa: S105 - the end token of a text, no secret


def write_shape(writer: gguf.GGUFWriter, config: dict[str, Any], pooling: int = gguf.PoolingType.LAST) -> None:
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
    writer.add_pooling_type(gguf.PoolingType(pooling))


def write_tokenizer(
    writer: gguf.GGUFWriter, folder: Path, n_vocab: int, pre: str = "qwen2", *, appends_end_token: bool | None = None
) -> None:
    """Write the vocabulary and merges of tokenizer.json.

    Args:
        writer: Of the file.
        folder: Of the checkpoint.
        n_vocab: Rows of the token embeddings.
        pre: Name of the pre-tokenizer.
        appends_end_token: What the file says about the end token; None: nothing.
    """
    stored = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokens = {index: (token, gguf.TokenType.NORMAL) for token, index in stored["model"]["vocab"].items()}
    for added in stored["added_tokens"]:
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        tokens[added["id"]] = (added["content"], kind)
    filled = [tokens.get(index, (f"[PAD{index}]", gguf.TokenType.UNUSED)) for index in range(n_vocab)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([token for token, _ in filled])
    writer.add_token_types([kind for _, kind in filled])
    merges = stored["model"]["merges"]
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    if appends_end_token is not None:
        end_id = next(index for index, (token, _) in tokens.items() if token == END_TOKEN)
        writer.add_eos_token_id(end_id)
        writer.add_pad_token_id(end_id)
        writer.add_add_bos_token(value=False)
        writer.add_add_eos_token(appends_end_token)


def named_tensors(folder: Path, num_hidden_layers: int) -> Iterator[tuple[str, str, np.ndarray[Any, Any]]]:
    """Yield (name in the checkpoint, name in GGUF, tensor) for each tensor of model.safetensors."""
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, num_hidden_layers)
    for name, tensor in load_file(folder / "model.safetensors").items():
        known = names.get_name(f"model.{name.removeprefix('model.')}", try_suffixes=(".weight",))
        if known is None:
            raise ValueError(f"{name} is no tensor of a Qwen3 model.")
        yield name, known, tensor


def finish(writer: gguf.GGUFWriter) -> None:
    """Write the file and close it."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
