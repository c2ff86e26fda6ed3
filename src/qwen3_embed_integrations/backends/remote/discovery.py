"""What is known of a remote model: from its folder here, from the catalog, or from one request."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.catalog import MODELS, TINY
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import ConfigError, MissingExtraError, RemoteRefusedError
from qwen3_embed_integrations.core.model_info import ModelInfo
from qwen3_embed_integrations.core.prompts import DEFAULT_TASK, END_TOKEN, TASKS, query_prompt
from qwen3_embed_integrations.scheduling.loop_thread import LoopThread

from .client import Client
from .engines import Target, target_of
from .http_errors import TooLargeError
from .http_request import EmbeddingsRequest

UNBOUNDED = 1 << 30  # tokens: context length of an unknown model
_COMMIT = re.compile(r"[0-9a-f]{40}")
_Tokenizer = TypeVar("_Tokenizer", bound=TextTokenizer)


@dataclass(frozen=True)
class RemoteModel:
    """A model on a server.

    Attributes:
        model_info: What is known of it here.
        target: The server.
        tokenizer: Its tokenizer, if it is on this machine.
    """

    model_info: ModelInfo
    target: Target
    tokenizer: TextTokenizer | None


def open_model(config: EncoderConfig) -> RemoteModel:
    """Find out what there is to know of the model of `config`.

    A folder on this machine (or "tiny") tells everything, including the digest of its weights. Published models
    are in the catalog. For any other model, request one embedding to learn its width.

    Raises:
        ConfigError: The engine does not support an option, or `tokenizer` is not a folder.
        RemoteError: The server had to be asked and failed.
    """
    target = target_of(config)
    folder: Path | None = None
    if config.model == TINY or Path(config.model).expanduser().is_dir():
        checkpoint = open_checkpoint(config)
        model_info, folder = checkpoint.model_info, checkpoint.folder
    else:
        model_info = _model_info(config, target)
    return RemoteModel(model_info, target, find_tokenizer(config, folder, TextTokenizer))


def _model_info(config: EncoderConfig, target: Target) -> ModelInfo:
    published = next((published for published in MODELS.values() if published.repo_id == config.model), None)
    context_length = published.context_length if published else UNBOUNDED
    return ModelInfo(
        model=config.model,
        revision=named_commit(config),
        weights="",
        hidden_size=published.dimension if published else _width_from_server(config, target),
        context_length=context_length,
        max_seq_length=context_length,
        pooling=config.pooling or "lasttoken",
        prompts={"query": query_prompt(TASKS[DEFAULT_TASK].instruction), "document": ""},
    )


def _width_from_server(config: EncoderConfig, target: Target) -> int:
    client, thread = Client(config, target.url), LoopThread("qwen3-embed-width")
    try:
        text = "a" + (END_TOKEN if target.append_end_token else "")
        return int(thread.submit(client.answer(EmbeddingsRequest(target, [text]))).result().shape[1])
    except TooLargeError as error:
        raise RemoteRefusedError(
            f"The server {target.url} refuses a text of one letter as too large: {error}. `qwen3-embed doctor` shows "
            "what the server does."
        ) from error
    finally:
        thread.close(client.close())


def named_commit(config: EncoderConfig) -> str:
    """Return the revision if it is a commit, else "": a branch names no one revision."""
    revision = config.revision or ""
    return revision if _COMMIT.fullmatch(revision) else ""


def find_tokenizer(config: EncoderConfig, folder: Path | None, make: Callable[[Path], _Tokenizer]) -> _Tokenizer | None:
    """Return the tokenizer of a remote model, if it is on this machine.

    Args:
        config: The options; `tokenizer` names its folder.
        folder: The model's folder, or None; then the hub's cache is looked at.
        make: Read the tokenizer of a folder.

    Raises:
        ConfigError: `tokenizer` is not a folder.
    """
    if config.tokenizer is not None:
        named = Path(config.tokenizer).expanduser()
        if not named.is_dir():
            raise ConfigError(f"tokenizer={config.tokenizer!r} is not a folder. Name one that holds tokenizer.json.")
        return make(named)
    folder = folder or _cached(config)
    try:
        return make(folder) if folder else None
    except MissingExtraError:
        return None  # the user did not name it


def _cached(config: EncoderConfig) -> Path | None:
    """Return the folder of the model's tokenizer in the hub's cache, or None; no network."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    try:
        found = try_to_load_from_cache(
            config.model, "tokenizer.json", cache_dir=config.cache_folder, revision=config.revision
        )
    except ValueError:  # not a valid name on the hub
        return None
    return Path(found).parent if isinstance(found, str) else None
