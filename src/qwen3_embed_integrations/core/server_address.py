"""Addresses of servers, compared: an address, and a pattern that allows addresses."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigError
from .safe_text import safe_line

_PORTS = {"http": 80, "https": 443}
_ENDPOINTS = ("/v1/embeddings", "/api/embed", "/embed", "/v1")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_HOST = re.compile(r"[^\s/\\?#@*%\x00-\x20]+")


@dataclass(frozen=True)
class ServerAddress:
    """A server: scheme, host, port, and the path before the endpoint."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, base_url: str) -> Self:
        """Return the address of a `base_url`; one that ends before, after or in the endpoint's path is the same.

        Raises:
            ConfigError: Not an http or https address.
        """
        parts = _split(base_url)
        if parts.scheme not in _PORTS:
            raise _malformed(base_url)
        return cls(parts.scheme, _host(parts, base_url), parts.port or _PORTS[parts.scheme], _path(parts.path))


@dataclass(frozen=True)
class ServerPattern:
    """What allows servers.

    Attributes:
        scheme: "http" or "https"; None: https, and http on this machine.
        host: Exact host.
        port: Exact port; None: any.
        path: Path before the endpoint; "": any.
        variable: Environment variable whose value these servers may get as API key; None: no key.
    """

    scheme: str | None
    host: str
    port: int | None
    path: str
    variable: str | None

    @classmethod
    def parse(cls, entry: str) -> Self:
        """Return the pattern of an entry: "host", "host:port" or "https://host:port/path", then maybe "=VARIABLE".

        Raises:
            ConfigError: None of these.
        """
        server, equals, variable = entry.rpartition("=")
        return cls.of(server, variable) if equals else cls.of(entry, None)

    @classmethod
    def of(cls, server: str, variable: str | None) -> Self:
        """Return the pattern of a server and a variable.

        Raises:
            ConfigError: Not the address of one server, or not the name of a variable.
        """
        if variable is not None and not _VARIABLE.fullmatch(variable):
            raise ConfigError(
                f'The variable of the server "{safe_line(server, 200)}" is not a name in capitals such as '
                '"EMBEDDING_API_KEY".'
            )
        has_scheme = "://" in server
        parts = _split(server if has_scheme else f"//{server}")
        if has_scheme and parts.scheme not in _PORTS:
            raise _malformed(server)
        scheme = parts.scheme or None
        port = parts.port or (_PORTS[scheme] if scheme else None)
        return cls(scheme, _host(parts, server), port, _path(parts.path), variable)

    def matches(self, address: ServerAddress, variable: str | None) -> bool:
        """Return whether texts, and the value of `variable` if it is not None, may go to `address`."""
        if self.scheme is None:
            fits = address.scheme == "https" or is_loopback(address.host)
        else:
            fits = address.scheme == self.scheme
        return (
            fits
            and address.host == self.host
            and self.port in (None, address.port)
            and self.path in ("", address.path)
            and variable in (None, self.variable)
        )


def is_loopback(host: str) -> bool:
    """Return whether a host name or IP address means this machine, by its spelling alone."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    import socket  # only where a server is named

    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))  # "127.1", "0x7f000001" and other old spellings
        except (OSError, UnicodeEncodeError, ValueError):
            return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises for a port out of range
    except ValueError as error:
        raise _malformed(url) from error
    return parts


def _host(parts: SplitResult, url: str) -> str:
    host = (parts.hostname or "").rstrip(".")
    has_more = parts.username or parts.password or parts.query or parts.fragment
    if has_more or not _HOST.fullmatch(host):
        raise _malformed(url)
    return host


def _path(path: str) -> str:
    path = path.rstrip("/")
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            return path.removesuffix(endpoint).rstrip("/")
    return path


def _malformed(url: str) -> ConfigError:
    shown = "A text with a user or password" if "@" in url else f'"{safe_line(url, 200)}"'
    return ConfigError(
        f'{shown} is not the address of a server. Expected one such as "https://embed.example.com/v1" or '
        '"127.0.0.1:8080".'
    )
