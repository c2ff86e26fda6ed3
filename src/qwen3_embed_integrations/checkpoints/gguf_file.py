"""A GGUF file, as llama.cpp, Ollama and LM Studio use: its metadata as config.json and tokenizer.json, and its weights.

Source of the keys and of the tensors' names: docs/gguf.md of ggml-org/ggml and the package gguf.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from qwen3_embed_integrations.core.errors import CheckpointError
from qwen3_embed_integrations.core.types import FloatArray

from .safetensors_index import StoredTensor

_ARCHITECTURE = "qwen3"
_AGAIN = "Copy or download the file again."
_TOP = {
    "token_embd.weight": "embed_tokens.weight",
    "output_norm.weight": "norm.weight",
    "output.weight": "lm_head.weight",
}
_IN_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_NUMBERS = {
    "hidden_size": "embedding_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length",
    "intermediate_size": "feed_forward_length",
    "max_position_embeddings": "context_length",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "rope_theta": "rope.freq_base",
}
"""Key of config.json → key of the metadata, after the architecture's name."""
_POOLINGS = {0: "lasttoken", 1: "mean", 2: "cls", 3: "lasttoken"}  # 0: unsaid
_PRE_TOKENIZER = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Qwen2's, which Qwen3 shares: tokenizer.json of Qwen/Qwen3-Embedding-0.6B."""
_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5  # gguf.TokenType


class _Reader(gguf.GGUFReader):
    """The package's reader on a plain array: it slices the file at each token, and slices of a memmap take longer."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value.view(np.ndarray) if name == "data" else value)


class GgufFile:
    """An opened file; its weights are read one at a time.

    Args:
        path: The file.

    Raises:
        CheckpointError: It is no GGUF file, truncated, or of another architecture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._reader = _Reader(path)
        except Exception as error:  # the package raises a dozen types for damaged files
            raise CheckpointError(f"{path} is no complete GGUF file ({error}). {_AGAIN}") from error
        self._tensors = {_name(str(one.name)): one for one in self._reader.tensors}
        size = path.stat().st_size
        for name, tensor in self._tensors.items():
            if int(tensor.data_offset) + int(tensor.n_bytes) > size:
                raise CheckpointError(
                    f"{path} is truncated: {name!r} ends at byte {tensor.data_offset + tensor.n_bytes}, "
                    f"the file has {size}. {_AGAIN}"
                )
        if (found := self._value("general.architecture")) != _ARCHITECTURE:
            raise CheckpointError(
                f"{path} holds a model of architecture {found!r}, expected {_ARCHITECTURE!r}. "
                "This package runs Qwen3-Embedding models and their fine-tunes."
            )

    @property
    def file_type(self) -> str:
        """How most weights are stored, as in "MOSTLY_Q8_0"."""
        found = self._value("general.file_type")
        return gguf.LlamaFileType(found).name if isinstance(found, int) else "an unnamed type"

    @property
    def pooling(self) -> str:
        """The pooling that the file names; the family's own if it names none.

        Raises:
            CheckpointError: The model returns a score, not an embedding.
        """
        found = self._value(f"{_ARCHITECTURE}.pooling_type") or 0
        if found not in _POOLINGS:
            raise CheckpointError(
                f"{self.path} has pooling type {found}: a reranker. Only embedding models are read from GGUF. Use the "
                "original reranker, or serve this file with llama.cpp."
            )
        return _POOLINGS[found]

    def index(self) -> dict[str, StoredTensor]:
        """Return where each weight lies, by its name in Qwen3Model."""
        return {
            name: StoredTensor(
                self.path,
                gguf.GGMLQuantizationType(tensor.tensor_type).name,
                tuple(int(axis) for axis in reversed(tensor.shape)),
                int(tensor.data_offset),
                int(tensor.data_offset + tensor.n_bytes),
            )
            for name, tensor in self._tensors.items()
        }

    def weight(self, name: str) -> FloatArray:
        """Return a weight in float32, dequantised.

        Raises:
            CheckpointError: There is no such weight, or its type can't be dequantised.
        """
        if name not in self._tensors:
            raise CheckpointError(f"The weights in {self.path} lack {name}. {_AGAIN}")
        tensor = self._tensors[name]
        try:
            numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        except NotImplementedError as error:
            raise CheckpointError(f"{self.path}: {error}. Use a file in F16, Q8_0 or Q4_K_M.") from error
        dense: FloatArray = np.asarray(numbers, dtype=np.float32).reshape(
            [int(axis) for axis in reversed(tensor.shape)]
        )
        return dense

    def forget_metadata(self) -> None:
        """Free the vocabulary, which takes more memory than the file; the weights can still be read."""
        self._reader.fields.clear()

    def model_config(self) -> dict[str, Any]:
        """Return the content of a config.json.

        Raises:
            CheckpointError: The positions are scaled in a way that is not computed here.
        """
        scaling = self._value(f"{_ARCHITECTURE}.rope.scaling.type")
        if scaling not in (None, "none"):
            raise CheckpointError(f"{self.path} scales its positions ({scaling}), which no Qwen3-Embedding model does.")
        numbers = {name: self._value(f"{_ARCHITECTURE}.{key}") for name, key in _NUMBERS.items()}
        vocab_size = len(self._value("tokenizer.ggml.tokens") or ())
        given = {name: value for name, value in numbers.items() if value is not None}
        return {"model_type": _ARCHITECTURE, "architectures": ["Qwen3Model"], "vocab_size": vocab_size, **given}

    def tokenizer(self) -> dict[str, Any]:
        """Return the content of a tokenizer.json.

        Raises:
            CheckpointError: The file has no tokenizer, or another kind than Qwen's.
        """
        kind, pre = self._value("tokenizer.ggml.model"), self._value("tokenizer.ggml.pre")
        if (kind, pre) != ("gpt2", "qwen2"):
            raise CheckpointError(
                f"{self.path} has a tokenizer of kind {kind!r}, {pre!r}; Qwen3's is 'gpt2', 'qwen2'. Convert the "
                "original model again with a recent llama.cpp."
            )
        tokens = self._value("tokenizer.ggml.tokens") or []
        types = self._value("tokenizer.ggml.token_type") or [1] * len(tokens)
        added = [
            _added(at, tokens[at], types[at]) for at in range(len(tokens)) if types[at] in (_CONTROL, _USER_DEFINED)
        ]
        kept = {token: at for at, token in enumerate(tokens) if types[at] not in (_CONTROL, _USER_DEFINED, _UNUSED)}
        merges = [merge.split(" ", 1) for merge in self._value("tokenizer.ggml.merges") or []]
        return _tokenizer_json(kept, merges, added)

    def _value(self, key: str) -> Any:
        field = self._reader.get_field(key)
        return None if field is None else field.contents()


def _name(stored: str) -> str:
    """Return a tensor's name in Qwen3Model; unknown names as they are."""
    parts = stored.split(".")
    if len(parts) == 4 and parts[0] == "blk" and parts[2] in _IN_LAYER:  # noqa: PLR2004 - blk, number, name, weight
        return f"layers.{parts[1]}.{_IN_LAYER[parts[2]]}.{parts[3]}"
    return _TOP.get(stored, stored)


def _added(index: int, content: str, kind: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": content, **flags, "special": kind == _CONTROL}


def _tokenizer_json(vocab: Mapping[str, int], merges: list[list[str]], added: list[dict[str, Any]]) -> dict[str, Any]:
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": _PRE_TOKENIZER}, "behavior": "Isolated", "invert": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
        "post_processor": byte_level,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "vocab": dict(vocab),
            "merges": merges,
            "byte_fallback": False,
            "ignore_merges": False,
        },
    }
