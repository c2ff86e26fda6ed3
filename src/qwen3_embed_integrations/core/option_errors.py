"""Messages for rejected options: found, expected, what to do. They never contain a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from .errors import ConfigError, did_you_mean
from .server_address import ServerAddress

PEER_NAMES: Mapping[str, str] = {
    "embed_batch_size": "max_batch_tokens",
    "pooling_mode": "pooling",
    "instruction": "task",
    "api_key": "api_key_env",
    "api_base": "base_url",
    "api_base_url": "base_url",
    "openai_api_base": "base_url",
    "timeout": "timeout_s",
}
"""Other libraries' names for options, mapped to the names used here; for the hint in the message."""

_UNSHOWN = ("token", "api_key_env", "base_url")
"""Options whose value may contain a secret passed by mistake; messages leave it out."""


def describe_refused_options(error: ValidationError, cls: type[BaseModel]) -> str:
    """Return one message for all problems in pydantic's report.

    Args:
        error: Raised while an instance of `cls` was validated.
        cls: The options' model; its field names are the known options.
    """
    lines = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            peer = PEER_NAMES.get(name)
            hint = f" It is called {peer!r} here." if peer else did_you_mean(name, cls.model_fields)
            lines.append(f"Unknown option {name!r}.{hint} Known options: {', '.join(cls.model_fields)}.")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            shown = name if name in _UNSHOWN else f"{name}={problem['input']!r}"
            lines.append(f"{shown}: {message}" if name else message)
    return "; ".join(lines)


def checked_url(url: str) -> str:
    """Return a server's URL without a trailing slash.

    Raises:
        ValueError: `url` is not an HTTP URL, or has parts that may contain a secret.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError('It must be an address such as "http://127.0.0.1:8080/v1".')
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "It must hold no user, password or query. Put the key into an environment variable and name that "
            'variable with api_key_env="…".'
        )
    if not url.strip().isprintable() or set(url.strip()) & set(" \\"):
        raise ValueError("It must hold no white space, control characters or backslashes.")
    try:
        ServerAddress.of(url)
    except ConfigError as error:
        raise ValueError("It must name a host, and a port from 1 to 65535 or none.") from error
    return url.strip().rstrip("/")


def checked_variable(name: str) -> str:
    """Return the name of an environment variable unchanged.

    Raises:
        ValueError: `name` does not look like one. It may be the key itself, so the message leaves it out.
    """
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
        raise ValueError(
            'It must name an environment variable in capitals, such as "EMBEDDING_API_KEY", and not be the key itself.'
        )
    return name


def meaning_of(meaning: Callable[[str, Any], dict[str, Any]], name: str, value: Any) -> dict[str, Any]:
    """Return what a stock keyword means, as `meaning` says.

    Raises:
        ConfigError: Its value is of an unfit type, such as a string where keywords or a prompt are expected.
    """
    try:
        return meaning(name, value)
    except (AttributeError, TypeError) as error:
        raise ConfigError(f"{name} is {type(value).__name__}, or holds a value of an unfit type.") from error
