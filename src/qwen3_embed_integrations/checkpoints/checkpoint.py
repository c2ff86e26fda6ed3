"""Open a model folder: read its JSON files and safetensors headers. Load no weights and run no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import CheckpointError
from qwen3_embed_integrations.core.model_info import ModelInfo

from .locate import Located, locate
from .safetensors_index import weights_digest

ADAPTER_FILE = "adapter_config.json"
_KNOWN_MODULES = {"Transformer", "Pooling", "Normalize"}
_POOLINGS = ("lasttoken", "mean", "cls", "max")
_LEGACY_POOLINGS = {
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}


_HUGE = 1 << 40
_NUMBERS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(
        (
            "hidden_size",
            "vocab_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "intermediate_size",
            "max_position_embeddings",
        ),
        (int,),
    ),
    **dict.fromkeys(("rms_norm_eps", "rope_theta"), (int, float)),
}
"""Keys of config.json whose values are positive numbers, with their types."""
_NULLABLE = frozenset({"num_key_value_heads", "head_dim", "rope_theta"})
"""Keys that may be null: their value is then derived from another key."""
_OTHERS: Mapping[str, type] = {
    "attention_bias": bool,
    "hidden_act": str,
    "rope_parameters": dict,
    "rope_scaling": dict,
    "quantization_config": dict,
}


@dataclass(frozen=True)
class Checkpoint:
    """An opened model folder.

    Attributes:
        model_info: What is known of the model before its weights are loaded.
        folder: Folder of config.json, the weights and the tokenizer.
        adapter: Folder of a LoRA adapter to merge into the weights, or None.
    """

    model_info: ModelInfo
    folder: Path
    adapter: Path | None = None


def open_checkpoint(config: EncoderConfig) -> Checkpoint:
    """Locate and open the model folder of `config`; download a hub model that is not in the cache.

    Raises:
        CheckpointError: The folder is incomplete, corrupt, unsafe, or not a Qwen3 embedding model.
        ConfigError: `config` has a revision, but the model is bundled or a local folder.
        ModelNotFoundError: There is no such folder and no such model on the hub.
        HubUnavailableError: The hub can't be reached and the model is not in the cache.
        MissingExtraError: huggingface_hub is not installed.
    """
    located = locate(config)
    if not (located.folder / ADAPTER_FILE).is_file():
        return _open_folder(located, config)
    base_name = read_json(located.folder / ADAPTER_FILE).get("base_model_name_or_path")
    if not isinstance(base_name, str) or not base_name:
        raise CheckpointError(
            f"{located.folder / ADAPTER_FILE} names no base_model_name_or_path. "
            "Write the base model's hub name or folder there."
        )
    base = locate(config.replace(model=base_name, revision=None))
    return _open_folder(base, config, adapter=located)


def _open_folder(located: Located, config: EncoderConfig, adapter: Located | None = None) -> Checkpoint:
    top = located.folder
    transformer, pooling = _read_modules((adapter or located).folder)
    folder = top if adapter else transformer
    model_config = read_json(folder / "config.json")
    _check_architecture(model_config, folder)
    if adapter and pooling is None:
        pooling = _read_modules(top)[1]
    shown = adapter or located
    digest = weights_digest(folder) + (f"+{weights_digest(adapter.folder)}" if adapter else "")
    context_length = int(model_config.get("max_position_embeddings", 32768))
    model_info = ModelInfo(
        model=shown.model,
        revision=shown.revision,
        weights=digest,
        hidden_size=int(model_config["hidden_size"]),
        context_length=context_length,
        max_seq_length=_max_seq_length(shown.folder, transformer) or context_length,
        pooling=config.pooling or pooling or "lasttoken",
        prompts=_read_prompts(shown.folder) or _read_prompts(top),
    )
    return Checkpoint(model_info, folder, adapter.folder if adapter else None)


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object stored in a file of a checkpoint.

    Raises:
        CheckpointError: The file is missing or unreadable, or its content is not a JSON object.
    """
    found = _read_any_json(path)
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} holds a {type(found).__name__}, expected a JSON object.")
    return found


def _read_any_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path.parent} has no {path.name}. Name a folder in sentence-transformers or transformers format."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path} can't be read ({error}). The checkpoint is damaged: copy or download it again."
        ) from error


def _read_modules(folder: Path) -> tuple[Path, str | None]:
    """Return the transformer's folder and the pooling (or None) that modules.json names."""
    if not (folder / "modules.json").is_file():
        return folder, None
    modules = _read_any_json(folder / "modules.json")
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise CheckpointError(f"{folder / 'modules.json'} holds no list of modules: it is damaged.")
    transformer, pooling = folder, None
    for module in modules:
        kind = str(module.get("type", "")).rpartition(".")[2]
        path = (folder / str(module.get("path", "")).replace("\0", "")).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise CheckpointError(f"{folder / 'modules.json'} points outside the model folder: {module['path']!r}.")
        if kind not in _KNOWN_MODULES:
            raise CheckpointError(
                f"{folder / 'modules.json'} has a module {kind!r}. "
                f"Only {', '.join(sorted(_KNOWN_MODULES))} can be run here."
            )
        if kind == "Transformer":
            transformer = path
        elif kind == "Pooling":
            pooling = _read_pooling(path / "config.json")
    return transformer, pooling


def _read_pooling(path: Path) -> str:
    stored = read_json(path)
    mode = stored.get("pooling_mode")
    if mode is None:
        modes = [name for flag, name in _LEGACY_POOLINGS.items() if stored.get(flag)]
    else:
        modes = mode if isinstance(mode, list) else [mode]
    if len(modes) != 1 or modes[0] not in _POOLINGS:
        raise CheckpointError(f"{path} asks for pooling {modes}; one of {', '.join(_POOLINGS)} can be run here.")
    if modes[0] != "lasttoken" and stored.get("include_prompt") is False:
        raise CheckpointError(
            f"{path} asks for {modes[0]} pooling without the prompt's tokens, which can't be run here."
        )
    return str(modes[0])


def _check_architecture(model_config: Mapping[str, Any], folder: Path) -> None:
    kind = model_config.get("model_type")
    if kind != "qwen3":
        raise CheckpointError(
            f"{folder} holds a model of type {kind!r}, expected 'qwen3'. "
            "This package runs Qwen3-Embedding models and their fine-tunes."
        )
    if model_config.get("use_sliding_window"):
        raise CheckpointError(f"{folder} uses sliding-window attention, which no Qwen3-Embedding model does.")
    if "hidden_size" not in model_config:
        raise CheckpointError(f"{folder / 'config.json'} has no hidden_size: it is damaged.")
    for name, kind in _OTHERS.items():
        if not isinstance(model_config.get(name), kind | None):
            raise CheckpointError(f"{folder / 'config.json'} has {name}={model_config[name]!r}: it is damaged.")
    _check_numbers(model_config, folder)


def _check_numbers(model_config: Mapping[str, Any], folder: Path) -> None:
    for name in sorted(_NUMBERS.keys() & model_config.keys()):
        value, kinds = model_config[name], _NUMBERS[name]
        if value is None and name in _NULLABLE:
            continue
        if type(value) not in kinds or not 0 < value < _HUGE:
            raise CheckpointError(f"{folder / 'config.json'} has {name}={value!r}, which no model has: it is damaged.")


def _read_prompts(folder: Path) -> dict[str, str]:
    """Return the stored prompts under "query" and "document"; {} if the folder stores none."""
    path = folder / "config_sentence_transformers.json"
    if not path.is_file():
        return {}
    stored = read_json(path)
    named = stored.get("prompts") or {}
    if not isinstance(named, dict):
        raise CheckpointError(f"{path} holds no prompts by name: it is damaged.")
    prompts = {name: text for name, text in named.items() if isinstance(text, str)}
    default = prompts.get(str(stored.get("default_prompt_name")))
    found = {
        "query": prompts.get("query", default),
        # the names that sentence-transformers' encode_document tries, in its order
        "document": next((prompts[n] for n in ("document", "passage", "corpus") if n in prompts), default),
    }
    return {name: text for name, text in found.items() if text is not None}


def _max_seq_length(folder: Path, transformer: Path) -> int | None:
    for parent in (transformer, folder):
        if (parent / "sentence_bert_config.json").is_file():
            length = read_json(parent / "sentence_bert_config.json").get("max_seq_length")
            if isinstance(length, int) and not 2 <= length < _HUGE:  # noqa: PLR2004 - a token and the end token
                raise CheckpointError(f"{parent / 'sentence_bert_config.json'} has max_seq_length={length}: damaged.")
            if isinstance(length, int):
                return length
    return None
