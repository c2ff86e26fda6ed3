"""What the arguments of a constructor mean: a model's name or a config by position, and keywords that override it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .config import EncoderConfig
from .errors import ConfigError
from .server_options import ServerOptions
from .stock_keywords import with_model

if TYPE_CHECKING:
    from .reranker_config import RerankerConfig

_Config = TypeVar("_Config", bound=ServerOptions)


def config_of(config: EncoderConfig | str | None, options: dict[str, Any]) -> EncoderConfig:
    """Return the config of an encoder's constructor, which takes a config or a model's name, and keywords over it."""
    return _config_of(EncoderConfig, with_model, config, options)


def reranker_config_of(config: RerankerConfig | str | None, options: dict[str, Any]) -> RerankerConfig:
    """Return the config of a reranker's constructor; the arguments are those of `config_of`."""
    from .reranker_config import RerankerConfig  # few programs rerank
    from .reranker_keywords import with_reranker

    return _config_of(RerankerConfig, with_reranker, config, options)


def _config_of(
    kind: type[_Config],
    with_name: Callable[[str, dict[str, Any]], dict[str, Any]],
    config: _Config | str | None,
    options: dict[str, Any],
) -> _Config:
    if isinstance(config, str):
        return kind(**with_name(config, options))
    if config is not None and not isinstance(config, kind):
        raise ConfigError(
            f"Found {type(config).__name__}, expected the name of a model or {_with_article(kind.__name__)}."
        )
    base = config or kind()
    return base.replace(**options) if options else base


def _with_article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIO" else f"a {name}"
