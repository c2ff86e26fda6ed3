"""Which servers this process may send texts and API keys to. Nothing that is stored decides that.

A stored config (of a Chroma collection, a Haystack pipeline, a LangChain or LlamaIndex file, a pickle) may come from
a stranger, and it names a server (`base_url`) and an environment variable (`api_key_env`). Before the remote backend
reads the variable or sends a text, `require_consent` checks the pair. One of these must have named it:

- this process's own code: a constructor call such as `EncoderConfig(base_url=…, api_key_env=…)`, or `allow_host`;
- the environment variable QWEN3_EMBED_ALLOWED_HOSTS;
- the parent process, for a config that it pickled for a worker of its own (`seal`).

Consent holds for one address and one variable: another path on a shared host may belong to somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from .errors import ConfigError, HostNotAllowedError
from .safe_text import safe_line
from .server_address import ServerAddress, ServerPattern

ALLOWED_HOSTS = "QWEN3_EMBED_ALLOWED_HOSTS"
"""Environment variable: servers separated by commas or spaces, each with "=VARIABLE" if it may get that key."""

_LOADERS = frozenset(
    {
        ("langchain_core.load.load", "__call__"),
        ("llama_index.core.schema", "from_dict"),
        ("haystack.core.serialization", "default_from_dict"),
        ("haystack.core.serialization", "component_from_dict"),
    }
)
"""Functions (module, name) of the frameworks that rebuild stored objects by plain constructor calls."""


class _Server(Protocol):
    base_url: str | None
    api_key_env: str | None


_Config = TypeVar("_Config", bound=_Server)
_MOST_NAMED = 65_536
_named: dict[tuple[ServerAddress, str | None], None] = {}
_allowed: dict[ServerPattern, None] = {}
_is_restoring: ContextVar[bool] = ContextVar("is_restoring", default=False)


@contextmanager
def restoring() -> Iterator[None]:
    """Mark the block as one that rebuilds configs from a stored form: they name no server."""
    token = _is_restoring.set(True)
    try:
        yield
    finally:
        _is_restoring.reset(token)


def name_server(base_url: str, variable: str | None) -> None:
    """Record that this process's own code named a server, and the variable with its API key.

    Do nothing while a config is rebuilt from a stored form.
    """
    if _is_restoring.get() or _loader_is_calling():
        return
    _named[ServerAddress.of(base_url), variable] = None
    for oldest in list(_named)[:-_MOST_NAMED]:
        _named.pop(oldest, None)


def name_replaced(
    before: tuple[str | None, str | None], after: tuple[str | None, str | None], given: Collection[str]
) -> None:
    """Record what `config.replace(**options)` names: only what the call itself gives, and what was allowed before.

    Args:
        before: `base_url` and `api_key_env` of the config.
        after: The same of its copy.
        given: Names of the options that the call gives.
    """
    base_url, variable = after
    if base_url is None or not {"base_url", "api_key_env"} & set(given):
        return
    is_server_named = "base_url" in given or is_allowed(base_url, None)
    is_key_named = variable is None or "api_key_env" in given or (before[0] and is_allowed(before[0], variable))
    if is_server_named and is_key_named:
        name_server(base_url, variable)


def allow_host(base_url: str, *, api_key_env: str | None = None) -> None:
    """Let stored configs of this process use a server; call it before opening what somebody else may have stored.

    Args:
        base_url: The server, as in "https://embed.example.com/v1"; without a path, every path of that host and port.
        api_key_env: The environment variable whose value the server may get as API key; None: no key.

    Raises:
        ConfigError: Not the address of one server, or not the name of a variable.
    """
    _allowed[ServerPattern.of(base_url, api_key_env)] = None


def is_allowed(base_url: str, variable: str | None) -> bool:
    """Return whether texts, and the value of `variable` if it is not None, may go to `base_url`.

    Raises:
        ConfigError: QWEN3_EMBED_ALLOWED_HOSTS is malformed.
    """
    address = ServerAddress.of(base_url)
    if (address, variable) in _named or (variable is None and any(named == address for named, _ in list(_named))):
        return True
    return any(pattern.matches(address, variable) for pattern in [*_allowed, *_from_environment()])


def require_consent(base_url: str, variable: str | None) -> None:
    """Raise HostNotAllowedError unless texts, and the value of `variable`, may go to `base_url`.

    Raises:
        HostNotAllowedError: Nobody allowed it; the message names server and variable and says how to allow them.
        ConfigError: QWEN3_EMBED_ALLOWED_HOSTS is malformed.
    """
    if is_allowed(base_url, variable):
        return
    shown = safe_line(base_url, 200)
    key = f", with the value of the environment variable {variable} as API key" if variable else ""
    entry = shown + (f"={variable}" if variable else "")
    argument = f', api_key_env="{variable}"' if variable else ""
    raise HostNotAllowedError(
        f"A stored configuration asks to send texts to {shown}{key}. Nothing in this process has allowed that, so "
        f"nothing was sent. If you trust this server, set {ALLOWED_HOSTS}={entry!r} in the environment, or call "
        f'qwen3_embed_integrations.allow_host("{shown}"{argument}) first. Otherwise give your own base_url and '
        "api_key_env to the constructor."
    )


def seal(base_url: str | None, variable: str | None) -> bytes | None:
    """Return proof that this process allowed a server, for a pickle; None if it did not.

    The proof is made with the secret that multiprocessing shares between a process and its workers, so it convinces
    workers (fork, forkserver, spawn, joblib), and no process that reads the pickle from a file or another machine.
    """
    if base_url is None or not is_allowed(base_url, variable):
        return None
    return _digest(base_url, variable)


def accept_seal(base_url: str | None, variable: str | None, proof: bytes | None) -> None:
    """Allow the server of an unpickled config if `proof` was made by this process or its parent."""
    if base_url and proof and hmac.compare_digest(proof, _digest(base_url, variable)):
        _named[ServerAddress.of(base_url), variable] = None


def rebuild(make: Callable[[Mapping[str, Any]], _Config], stored: Mapping[str, Any], proof: bytes | None) -> _Config:
    """Return an unpickled config: `make(stored)`, with the consent of the process that pickled it if `proof` holds."""
    with restoring():
        config = make(stored)
    accept_seal(config.base_url, config.api_key_env, proof)
    return config


def _digest(base_url: str, variable: str | None) -> bytes:
    from multiprocessing.process import current_process  # a few ms, and only pickles need it

    return hmac.digest(bytes(current_process().authkey), f"{base_url}\n{variable or ''}".encode(), hashlib.sha256)


def _from_environment() -> list[ServerPattern]:
    entries = os.environ.get(ALLOWED_HOSTS, "").replace(",", " ").split()
    try:
        return [ServerPattern.parse(entry) for entry in entries]
    except ConfigError as error:
        raise ConfigError(f"The environment variable {ALLOWED_HOSTS} is malformed: {error}") from error


def _loader_is_calling() -> bool:
    """Return whether a loader of stored objects is on the call stack."""
    frame = sys._getframe(1)  # noqa: SLF001 - a loader calls the constructor and leaves no other sign
    while frame is not None:
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) in _LOADERS:
            return True
        frame = frame.f_back  # type: ignore[assignment]  # None at the bottom
    return False
