"""Open a GGUF file as a checkpoint: its config.json and tokenizer.json are written into the user's cache once."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import CheckpointError, ConfigError, missing_extra
from qwen3_embed_integrations.core.model_info import ModelInfo

from .checkpoint import Checkpoint
from .classification import ModelKind
from .expected_weights import check_weights
from .model_config import check_model_config
from .requirements import require_used
from .safetensors_index import digest_of
from .user_cache import cache_folder

_SUFFIX = ".gguf"


def open_gguf(config: EncoderConfig) -> Checkpoint:
    """Open the GGUF file that `config.model` names. The digest of its weights, and so the fingerprint, is its own.

    Raises:
        CheckpointError: The file is damaged, no embedding model, or its tokenizer is not Qwen's.
        ConfigError: `config` has a revision.
        MissingExtraError: The package gguf is not installed.
    """
    try:
        from .gguf_file import GgufFile
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "gguf", "gguf") from error
    path = Path(config.model).expanduser().resolve()
    if config.revision is not None:
        raise ConfigError(f"revision={config.revision!r} applies to hub models only, but {path} is a file. Omit it.")
    file = GgufFile(path)
    model_config, index, pooling = file.model_config(), file.index(), file.pooling
    check_model_config(model_config, path)
    require_used(check_weights(index, model_config, path) - {"lm_head.weight"}, ModelKind.EMBEDDER, path)
    digest = digest_of(index)
    folder = _unpacked(path.stem, digest, {"config.json": model_config, "tokenizer.json": file.tokenizer})
    file.forget_metadata()
    context_length = int(model_config.get("max_position_embeddings", 32768))
    model_info = ModelInfo(
        model=path.name,
        revision="",
        weights=digest,
        hidden_size=int(model_config["hidden_size"]),
        context_length=context_length,
        max_seq_length=context_length,
        pooling=config.pooling or pooling,
    )
    return Checkpoint(model_info, folder, gguf=file)


def _unpacked(stem: str, digest: str, files: dict[str, Any]) -> Path:
    """Return the folder of a file's config.json and tokenizer.json; write it at the first call.

    Raises:
        CheckpointError: The cache can't be written.
    """
    parent = cache_folder() / "gguf"
    folder = parent / f"{stem[:60]}-{digest[:16]}"
    if folder.is_dir():
        return folder
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent) as scratch:
            staging = Path(scratch) / "files"
            staging.mkdir()
            for name, content in files.items():
                stored = content() if callable(content) else content
                (staging / name).write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
            try:
                staging.rename(folder)
            except OSError:
                if not folder.is_dir():  # otherwise another process was first
                    raise
    except OSError as error:
        raise CheckpointError(
            f"The tokenizer of {stem}{_SUFFIX} can't be written to {parent} ({error}). Free its disk, or name another "
            "cache folder in XDG_CACHE_HOME (LOCALAPPDATA on Windows)."
        ) from error
    return folder
