"""Locate a model's files: the bundled folder, a local folder, or a snapshot of a hub repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from qwen3_embed_integrations.core.catalog import MODELS, TINY
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import (
    ConfigError,
    HubUnavailableError,
    ModelNotFoundError,
    did_you_mean,
    missing_extra,
)
from qwen3_embed_integrations.core.network_settings import network_advice

_WANTED = ["*.json", "*.txt", "*.safetensors", "*.jinja", "README.md"]  # no pickles, code or other runtimes' weights
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class Located:
    """A model's folder and name.

    Attributes:
        folder: Contains config.json or adapter_config.json.
        model: Hub name or folder name.
        revision: Commit of a hub model, or "".
    """

    folder: Path
    model: str
    revision: str = ""


def locate(config: EncoderConfig) -> Located:
    """Return the folder of `config.model`; download a hub model that is not in the cache.

    Raises:
        ConfigError: `config` has a revision, but the model is bundled or a local folder.
        ModelNotFoundError: There is no such folder and no such model on the hub.
        HubUnavailableError: The hub can't be reached and the model is not in the cache.
        MissingExtraError: huggingface_hub is not installed.
    """
    model = config.model
    if model == TINY:
        _raise_for_revision(config, "is bundled with the package")
        return Located(Path(str(files("qwen3_embed_integrations"))) / "models" / TINY, TINY)
    folder = Path(model).expanduser()
    if folder.is_dir():
        _raise_for_revision(config, "is a folder")
        return Located(folder.resolve(), folder.resolve().name)
    if folder.exists():
        raise ModelNotFoundError(
            f"model={model!r} is a file. Name the folder that contains config.json, or a file *.gguf."
        )
    if not _HUB_NAME.fullmatch(model):
        names = [TINY, *MODELS]
        raise ModelNotFoundError(
            f"No folder and no known model {model!r}.{did_you_mean(model, names)} Use {', '.join(names)}, "
            'a hub name such as "Qwen/Qwen3-Embedding-0.6B", or the path of a model folder.'
        )
    return _download(config)


def chat_model_folder(model: str) -> Path:
    """Return the folder of a chat model; download a hub model that is not in the cache, asking the hub once.

    transformers itself asks for one file after another, each five times.

    Args:
        model: Hub name or folder; anything else is returned as a path.

    Raises:
        ModelNotFoundError: There is no such model on the hub.
        HubUnavailableError: The hub can't be reached and the model is not in the cache.
        MissingExtraError: huggingface_hub is not installed.
    """
    folder = Path(model).expanduser()
    is_local = folder.exists() or not _HUB_NAME.fullmatch(model)
    return folder if is_local else _download(EncoderConfig(model=model)).folder


def _raise_for_revision(config: EncoderConfig, reason: str) -> None:
    if config.revision is not None:
        raise ConfigError(
            f"revision={config.revision!r} applies to hub models only, but model={config.model!r} {reason}. Omit it."
        )


def cached_bytes(repo_id: str, cache_folder: str | None = None) -> int:
    """Return the size of a hub model's weights in the local cache in bytes; 0 if there are none.

    Args:
        repo_id: Name on the hub. No request is sent to the hub.
        cache_folder: The hub library's cache; None for its default.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError:
        return 0  # the hub library fills the cache: without it there is none
    try:
        folder = snapshot_download(repo_id, cache_dir=cache_folder, local_files_only=True)
    except LocalEntryNotFoundError:
        return 0
    return sum(path.stat().st_size for path in Path(folder).rglob("*.safetensors"))


def _download(config: EncoderConfig) -> Located:
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError as error:
        raise missing_extra("huggingface_hub", "torch") from error
    failure = ""
    try:
        folder = huggingface_hub.snapshot_download(
            config.model,
            revision=config.revision,
            cache_dir=config.cache_folder,
            token=config.token.get_secret_value() if config.token else None,
            local_files_only=config.local_files_only,
            allow_patterns=_WANTED,
        )
    except errors.GatedRepoError as error:
        raise ModelNotFoundError(
            f"The hub's model {config.model!r} is gated. Accept its terms on its page, then pass token=… "
            "or log in with `hf auth login`."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelNotFoundError(
            f"The hub's model {config.model!r} has no revision {config.revision!r}. Omit revision, "
            "or name an existing branch, tag or commit."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ModelNotFoundError(
            f"The hub has no model {config.model!r}, or it is private. Check the name, or pass token=…."
        ) from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, OSError) as error:
        raise _unreachable(config, str(error).strip().partition("\n")[0][:200] or type(error).__name__) from error
    except Exception as error:  # noqa: BLE001 - what its HTTP client raises for a malformed proxy or address
        folder, failure = "", type(error).__name__
    if not folder:  # outside of the except clause: that error may quote the proxy's password
        raise _unreachable(config, failure)
    path = Path(folder)
    return Located(path, config.model, path.name)


def _unreachable(config: EncoderConfig, reason: str) -> HubUnavailableError:
    return HubUnavailableError(
        f"Can't download {config.model!r}: the model hub can't be reached and the cache lacks the model ({reason})."
        f'{network_advice()} Use model="tiny" (bundled, works offline), or model="/path/to/a/downloaded/folder", '
        'or move the forward pass to a server with backend="remote".'
    )
