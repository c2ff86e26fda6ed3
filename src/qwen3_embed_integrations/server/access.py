"""Who may ask: bearer keys, and the Host header where only this machine can connect."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
from collections.abc import Collection, Mapping
from http import HTTPStatus

from starlette.datastructures import Headers

from qwen3_embed_integrations import ConfigError

from .errors import ApiError, quoted
from .options import ServeOptions

OPEN_PATHS = frozenset({"/health", "/ready"})
"""Paths that a probe of a container may ask without a key."""

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_SHORTEST_KEY = 8


class Access:
    """Checks each request.

    Args:
        keys: Bearer keys that clients may use; none: no key is asked for.
        hosts: Names that the Host header may hold; none: any.
    """

    def __init__(self, keys: Collection[str], hosts: Collection[str] = ()) -> None:
        self._digests = [_digest(key) for key in keys]
        self._hosts = frozenset(host.lower() for host in hosts)

    @classmethod
    def of(cls, options: ServeOptions, environment: Mapping[str, str] = os.environ) -> Access:
        """Return the access that the options ask for.

        Raises:
            ConfigError: A key is no key, or the address can be reached from other machines and there is none.
        """
        keys = environment.get(options.keys_env, "").split()
        if any(len(key) < _SHORTEST_KEY or not (key.isascii() and key.isprintable()) for key in keys):
            raise ConfigError(
                f"keys_env={options.keys_env!r}: this variable holds a key that is shorter than {_SHORTEST_KEY} "
                "characters or not printable ASCII. Make one with: openssl rand -hex 32"
            )
        local = is_loopback(options.host)
        if not (keys or local or options.insecure):
            raise ConfigError(
                f"host={options.host!r} can be reached from other machines, and no key protects the server. Put a key "
                f"into the environment variable {options.keys_env}, listen on 127.0.0.1, or say --insecure."
            )
        return cls(keys, (*_LOCAL_NAMES, *options.allowed_hosts) if local else ())

    def check(self, path: str, headers: Headers) -> None:
        """Check a request.

        Raises:
            ApiError: 401: the key is missing or wrong. 403: a page of another site asks for this machine's server.
        """
        host = headers.get("host", "")
        if self._hosts and _without_port(host) not in self._hosts:
            raise ApiError(
                HTTPStatus.FORBIDDEN,
                f"The Host header names {quoted(host)}, which is not this machine. Start the server with "
                "--allowed-hosts NAME to allow it.",
                code="host_not_allowed",
            )
        if self._digests and path not in OPEN_PATHS and not self._is_known(_key_of(headers)):
            raise ApiError(
                HTTPStatus.UNAUTHORIZED,
                "The API key is missing or wrong. Send it as Authorization: Bearer KEY.",
                code="invalid_api_key",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _is_known(self, key: str) -> bool:
        """Compare with every key, each time for as long, so that the time says nothing of where they differ."""
        digest = _digest(key)
        return sum([hmac.compare_digest(digest, known) for known in self._digests]) > 0


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can connect to an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def _key_of(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _without_port(host: str) -> str:
    name = host.lower().rstrip(".")
    return name[: name.index("]") + 1] if name.startswith("[") and "]" in name else name.partition(":")[0]
