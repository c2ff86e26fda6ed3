"""Open a model folder: read its JSON files and safetensors headers. Load no weights and run no code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import CheckpointError
from qwen3_embed_integrations.core.model_info import ModelInfo

from .classification import Classification, Evidence, ModelKind, classify
from .expected_weights import check_weights
from .files import raise_for_special_files, read_json
from .locate import Located, locate
from .model_config import check_model_config
from .requirements import require_embedder, require_used
from .safetensors_index import digest_of, read_index, weights_digest
from .sentence_transformers_files import (
    read_max_seq_length,
    read_modules,
    read_pooling,
    read_prompts,
    transformer_folder,
)
from .task_effects import read_task_effects

if TYPE_CHECKING:
    from .gguf_file import GgufFile

__all__ = ["ADAPTER_FILE", "Checkpoint", "Require", "open_checkpoint", "read_json"]

ADAPTER_FILE = "adapter_config.json"
Require = Callable[[Classification, EncoderConfig], None]
"""Raise or warn if a caller can't use what a folder holds."""


@dataclass(frozen=True)
class Checkpoint:
    """An opened model folder.

    Attributes:
        model_info: What is known of the model before its weights are loaded.
        folder: Folder of config.json, the weights and the tokenizer.
        adapter: Folder of a LoRA adapter to merge into the weights, or None.
        kind: What the model was trained for.
        gguf: The opened GGUF file that holds the weights; None where they are safetensors files in `folder`.
    """

    model_info: ModelInfo
    folder: Path
    adapter: Path | None = None
    kind: ModelKind = ModelKind.EMBEDDER
    gguf: GgufFile | None = None


def open_checkpoint(config: EncoderConfig, require: Require = require_embedder) -> Checkpoint:
    """Locate and open the model folder of `config`; download a hub model that is not in the cache.

    Args:
        config: The options; `model` names the folder.
        require: Decide what to do with the kind of model that the folder holds, before its weights are checked.

    Raises:
        CheckpointError: The folder is incomplete, corrupt, unsafe, or not a model that `require` accepts.
        ConfigError: `config` has a revision, but the model is bundled or a local folder.
        ModelNotFoundError: There is no such folder and no such model on the hub.
        HubUnavailableError: The hub can't be reached and the model is not in the cache.
        MissingExtraError: huggingface_hub is not installed.
    """
    if is_gguf(config.model):
        return _open_gguf(config, require)
    located = locate(config)
    raise_for_special_files(located.folder)
    if not (located.folder / ADAPTER_FILE).is_file():
        return _open_folder(located, config, require)
    base_name = read_json(located.folder / ADAPTER_FILE).get("base_model_name_or_path")
    if not isinstance(base_name, str) or not base_name:
        raise CheckpointError(
            f"{located.folder / ADAPTER_FILE} names no base_model_name_or_path. "
            "Write the base model's hub name or folder there."
        )
    base = locate(config.replace(model=base_name, revision=None))
    raise_for_special_files(base.folder)
    return _open_folder(base, config, require, adapter=located)


def is_gguf(model: str) -> bool:
    """Return whether a model's name is the path of a GGUF file."""
    return model.lower().endswith(".gguf") and Path(model).expanduser().is_file()


def _open_gguf(config: EncoderConfig, require: Require) -> Checkpoint:
    from .gguf_checkpoint import open_gguf

    path = Path(config.model)
    require(Classification(ModelKind.EMBEDDER, "it is a GGUF file with embeddings", "", path), config)
    return open_gguf(config)


def _open_folder(
    located: Located, config: EncoderConfig, require: Require, adapter: Located | None = None
) -> Checkpoint:
    top, shown = located.folder, adapter or located
    modules = read_modules(shown.folder)
    folder = top if adapter else transformer_folder(top, modules)
    raise_for_special_files(folder)
    model_config = read_json(folder / "config.json")
    check_model_config(model_config, folder)
    index = read_index(folder)
    found = classify(
        Evidence(
            names=(shown.model, located.model),
            folder=shown.folder,
            transformer=folder,
            modules=modules or read_modules(top),
            model_config=model_config,
            index=index,
            adapter=read_json(shown.folder / ADAPTER_FILE) if adapter else {},
        )
    )
    require(found, config)
    if config.backend != "remote":
        require_used(check_weights(index, model_config, folder), found.kind, folder)
    digest = digest_of(index) + (f"+{weights_digest(adapter.folder)}" if adapter else "")
    pooling = config.pooling or _pooling(found, shown.folder, top)
    info = _model_info(model_config, shown, digest, pooling, top)
    return Checkpoint(info, folder, adapter.folder if adapter else None, found.kind)


def _pooling(found: Classification, *folders: Path) -> str:
    """Return the pooling that the first of the folders stores; the family's own if none does."""
    if found.kind not in (ModelKind.EMBEDDER, ModelKind.LANGUAGE_MODEL):
        return "lasttoken"  # a reranker reads its score from the same token
    stored = (read_pooling(folder, read_modules(folder)) for folder in folders)
    return next((pooling for pooling in stored if pooling), "lasttoken")


def _model_info(model_config: Mapping[str, Any], shown: Located, digest: str, pooling: str, top: Path) -> ModelInfo:
    transformer = transformer_folder(shown.folder, read_modules(shown.folder))
    context_length = int(model_config.get("max_position_embeddings", 32768))
    return ModelInfo(
        model=shown.model,
        revision=shown.revision,
        weights=digest,
        hidden_size=int(model_config["hidden_size"]),
        context_length=context_length,
        max_seq_length=read_max_seq_length(transformer, shown.folder) or context_length,
        pooling=pooling,
        prompts=read_prompts(shown.folder) or read_prompts(top),
        task_effects=read_task_effects(shown.folder, digest),
    )
