"""The files in which sentence-transformers stores modules, pooling, prompts and lengths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import CheckpointError

from .files import read_any_json, read_json
from .model_config import MAX_NUMBER

_POOLINGS = ("lasttoken", "mean", "cls", "max")
_LEGACY_POOLINGS = {
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
_SETTINGS_FILE = "config_sentence_transformers.json"
RUNNABLE_MODULES = frozenset({"Transformer", "Pooling", "Normalize"})


@dataclass(frozen=True)
class Module:
    """One module of modules.json.

    Attributes:
        kind: Name of its class, such as "Pooling".
        folder: Its folder, inside the model folder.
    """

    kind: str
    folder: Path


def read_modules(folder: Path) -> tuple[Module, ...]:
    """Return the modules that modules.json names; () if there is no such file.

    Raises:
        CheckpointError: It is damaged, or points outside the folder.
    """
    path = folder / "modules.json"
    if not path.is_file():
        return ()
    modules = read_any_json(path)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise CheckpointError(f"{path} holds no list of modules: it is damaged.")
    return tuple(_module(folder, module) for module in modules)


def _module(folder: Path, module: dict[str, Any]) -> Module:
    inner = (folder / str(module.get("path", "")).replace("\0", "")).resolve()
    if not inner.is_relative_to(folder.resolve()):
        raise CheckpointError(f"{folder / 'modules.json'} points outside the model folder: {module['path']!r}.")
    return Module(str(module.get("type", "")).rpartition(".")[2], inner)


def transformer_folder(folder: Path, modules: tuple[Module, ...]) -> Path:
    """Return the folder of config.json and the weights."""
    return next((module.folder for module in modules if module.kind == "Transformer"), folder)


def read_pooling(folder: Path, modules: tuple[Module, ...]) -> str | None:
    """Return the stored pooling; None if no module pools.

    Raises:
        CheckpointError: A module, or its pooling, can't be run here.
    """
    for module in modules:
        if module.kind not in RUNNABLE_MODULES:
            raise CheckpointError(
                f"{folder / 'modules.json'} has a module {module.kind!r}. "
                f"Only {', '.join(sorted(RUNNABLE_MODULES))} can be run here."
            )
    pooling = next((module for module in modules if module.kind == "Pooling"), None)
    return _pooling(pooling.folder / "config.json") if pooling else None


def _pooling(path: Path) -> str:
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


def read_model_settings(folder: Path) -> dict[str, Any]:
    """Return the content of config_sentence_transformers.json; {} if there is no such file.

    Raises:
        CheckpointError: It is damaged.
    """
    path = folder / _SETTINGS_FILE
    return read_json(path) if path.is_file() else {}


def read_prompts(folder: Path) -> dict[str, str]:
    """Return the stored prompts under "query" and "document"; {} if the folder stores none.

    Raises:
        CheckpointError: config_sentence_transformers.json is damaged.
    """
    stored = read_model_settings(folder)
    named = stored.get("prompts") or {}
    if not isinstance(named, dict):
        raise CheckpointError(
            f"{folder / 'config_sentence_transformers.json'} holds no prompts by name: it is damaged."
        )
    prompts = {name: text for name, text in named.items() if isinstance(text, str)}
    default = prompts.get(str(stored.get("default_prompt_name")))
    found = {
        "query": prompts.get("query", default),
        # the names that sentence-transformers' encode_document tries, in its order
        "document": next((prompts[n] for n in ("document", "passage", "corpus") if n in prompts), default),
    }
    return {name: text for name, text in found.items() if text is not None}


def read_max_seq_length(*folders: Path) -> int | None:
    """Return max_seq_length from the first of the folders that stores it, in tokens; None if none does.

    Raises:
        CheckpointError: It is no length that a text can have.
    """
    for folder in folders:
        length = read_transformer_settings(folder).get("max_seq_length")
        if isinstance(length, int) and not 2 <= length < MAX_NUMBER:  # noqa: PLR2004 - a token and the end token
            raise CheckpointError(f"{folder / 'sentence_bert_config.json'} has max_seq_length={length}: damaged.")
        if isinstance(length, int):
            return length
    return None


def read_transformer_settings(folder: Path) -> dict[str, Any]:
    """Return the content of sentence_bert_config.json; {} if there is no such file.

    Raises:
        CheckpointError: It is damaged.
    """
    path = folder / "sentence_bert_config.json"
    return read_json(path) if path.is_file() else {}
