"""What the arguments of a constructor mean: a model's name or a config by position, and keywords that override it."""

from __future__ import annotations

from typing import Any

from .config import EncoderConfig
from .errors import ConfigError
from .stock_keywords import with_model


def config_of(config: EncoderConfig | str | None, options: dict[str, Any]) -> EncoderConfig:
    """Return the config of a constructor that takes a config or a model's name, and keywords that override it."""
    if isinstance(config, str):
        return EncoderConfig(**with_model(config, options))
    if not isinstance(config, EncoderConfig | None):
        raise ConfigError(f"Found {type(config).__name__}, expected the name of a model or an EncoderConfig.")
    base = config or EncoderConfig()
    return base.replace(**options) if options else base
