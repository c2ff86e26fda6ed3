"""Damage to a model folder: its files, its JSON, its weights, and files that no checkpoint contains."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from .random_values import RandomValues

_FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "modules.json",
    "1_Pooling/config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
)
_MORE_FILES = (
    "adapter_config.json",
    "README.md",
    "chat_template.jinja",
    "chat_template.json",
    "model.safetensors.index.json",
    "model-00002-of-00002.safetensors",
    "quantize_config.json",
    "tokenizer.model",
)
_TENSORS = (
    "lm_head.weight", "score.weight", "score.bias", "extra", "layers.3.mlp.up_proj.weight", "model.norm.weight",
    "layers.0.self_attn.q_proj.qweight", "layers.0.self_attn.q_proj.weight_scale", "layers.0.self_attn.q_proj.bias",
)  # fmt: skip
_DTYPES = (torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.int32, torch.uint8, torch.float8_e4m3fn)
_NUMBERS = ("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",
            "intermediate_size", "vocab_size", "max_position_embeddings", "rms_norm_eps", "rope_theta")  # fmt: skip


def damage(folder: Path, values: RandomValues) -> list[str]:
    """Damage the folder of a whole checkpoint once or twice; return what was done."""
    done = []
    for _ in range(1 + values.below(2)):
        kind = values.choice((_file, _file, _file, _weights, _special, _number, _layer_types))
        done.append(kind(folder, values))
    return done


def _file(folder: Path, values: RandomValues) -> str:
    """Remove, replace or change a file."""
    name = values.choice(_FILES)
    path = folder / name
    if not path.is_file():  # damaged before
        return f"{name} left"
    kind = values.choice(("removed", "a folder", "bytes", "bytes", "json", "json"))
    if kind == "json" and path.suffix == ".json":
        return f"{name}: {_json(path, values)}"
    content = path.read_bytes()
    path.unlink()
    if kind == "a folder":
        path.mkdir()
    elif kind != "removed":
        head = content[:4096] if values.one_in(2) else content
        path.write_bytes(values.damaged(head) + content[len(head) :])
    return f"{name}: {kind}"


def _json(path: Path, values: RandomValues) -> str:
    """Change one value of a JSON file, or all of it."""
    try:
        value = json.loads(path.read_bytes())
    except ValueError:  # damaged before
        return "left"
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not keys or values.one_in(8):
        value, key = values.junk(), "all of it"
    else:
        key = values.choice(keys)
        value[key] = values.junk()
    path.write_text(json.dumps(value, default=repr), encoding="utf-8")
    return f"{key} changed"


def _weights(folder: Path, values: RandomValues) -> str:
    """Add, remove, rename or convert a tensor."""
    path = folder / "model.safetensors"
    if not path.is_file():  # damaged before
        return "weights left"
    try:
        weights = load_file(path)
    except Exception:  # noqa: BLE001 - damaged before; safetensors raises several types
        return "weights left"
    name = values.choice(sorted(weights))
    kind = values.choice(("added", "removed", "renamed", "converted", "prefixed"))
    if kind == "added":
        weights[name := values.choice(_TENSORS)] = torch.ones(64)
    elif kind == "renamed":
        weights[values.text() or "x"] = weights.pop(name)
    elif kind == "converted":
        weights[name] = weights[name].to(values.choice(_DTYPES))
    elif kind == "prefixed":
        weights = {f"model.{one}": weight for one, weight in weights.items()}
    else:
        del weights[name]
    try:
        save_file(weights, path, metadata={"format": "pt"})
    except Exception:  # noqa: BLE001 - a name that safetensors does not store
        return "weights left"
    return f"{name} {kind}"


def _special(folder: Path, values: RandomValues) -> str:
    """Put a pipe, a link or a file of any content in place of a file, known or not."""
    name = values.choice((*_FILES, *_MORE_FILES))
    path = folder / name
    if path.is_dir():
        return f"{name} left"
    path.unlink(missing_ok=True)
    kind = values.choice(("pipe", "link to nowhere", "link to itself", "device", "content"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "content":
        path.write_bytes(
            values.bytes(values.below(200)) if values.one_in(2) else json.dumps(values.junk(), default=repr).encode()
        )
    else:
        path.symlink_to({"device": "/dev/zero", "link to itself": path.name}.get(kind, "nowhere"))
    return f"{name}: {kind}"


def _number(folder: Path, values: RandomValues) -> str:
    """Set a number of config.json to one at a limit, or far beyond it."""
    path, name = folder / "config.json", values.choice(_NUMBERS)
    if not path.is_file():  # damaged before
        return "config.json left"
    try:
        config = json.loads(path.read_bytes())
        config[name] = values.number()
    except (OSError, ValueError, TypeError):  # damaged before
        return "config.json left"
    path.write_text(json.dumps(config), encoding="utf-8")
    return f"{name}={config[name]}"


def _layer_types(folder: Path, values: RandomValues) -> str:
    """Set layer_types of config.json to a list of any length."""
    path = folder / "config.json"
    if not path.is_file():  # damaged before
        return "config.json left"
    try:
        config = json.loads(path.read_bytes())
        config["layer_types"] = ["full_attention"] * values.choice((0, 1, 3, 1000, 10**6))
    except (OSError, ValueError, TypeError):  # damaged before
        return "config.json left"
    path.write_text(json.dumps(config), encoding="utf-8")
    return f"{len(config['layer_types'])} layer_types"
