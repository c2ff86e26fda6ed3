"""Proxy and TLS settings of the environment, for one server. A malformed setting is refused by its variable's name."""

from __future__ import annotations

import fnmatch
import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.request import getproxies

import httpx

from qwen3_embed_integrations.core.errors import ConfigError, MissingExtraError
from qwen3_embed_integrations.core.safe_text import safe_line
from qwen3_embed_integrations.core.server_address import is_loopback

_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_EXCEPTION = re.compile(r"[\w.*:\[\]/%<>-]+")


def proxy_for(server: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy for a server: HTTP_PROXY, HTTPS_PROXY or ALL_PROXY; None: a direct connection.

    A server on this machine is always connected to directly, and so is one that NO_PROXY names.

    Raises:
        ConfigError: A variable is malformed or names a kind of proxy that is not supported. Values are not shown:
            they may hold a password.
        MissingExtraError: A SOCKS proxy needs the package socksio.
    """
    if is_loopback(server.host):
        return None
    settings: Mapping[str, str] = getproxies()  # without HTTP_PROXY in a CGI process, where a client sets it
    kind = next((kind for kind in (server.scheme, "all") if settings.get(kind)), None)
    if kind is None or _is_excepted(server, settings.get("no", "")):
        return None
    return _proxy(settings[kind].strip(), _variable(f"{kind}_proxy"))


def tls_context(server: httpx.URL, proxy: httpx.Proxy | None) -> ssl.SSLContext:
    """Return what verifies certificates: SSL_CERT_FILE or SSL_CERT_DIR if set, else httpx's own authorities.

    Raises:
        ConfigError: A variable names a file or folder that cannot be used.
    """
    if "https" not in (server.scheme, proxy and proxy.url.scheme):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without authorities: no certificate would pass
    key_log, file, folder = (os.environ.get(name, "") for name in ("SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR"))
    if key_log:
        _check_writable(key_log)
    if file:
        return _context_of("SSL_CERT_FILE", file)
    if folder and not Path(folder).is_dir():
        raise _unusable("SSL_CERT_DIR", folder, "it is not a folder")
    if folder:
        return _context_of("SSL_CERT_DIR", folder)
    return httpx.create_ssl_context(trust_env=False)


def _context_of(variable: str, path: str) -> ssl.SSLContext:
    try:
        if variable == "SSL_CERT_FILE":
            return ssl.create_default_context(cafile=path)
        return ssl.create_default_context(capath=path)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise _unusable(variable, path, str(error)) from error


def _check_writable(path: str) -> None:
    try:
        with Path(path).open("ab"):
            return
    except (OSError, ValueError) as error:
        raise _unusable("SSLKEYLOGFILE", path, str(error)) from error


def _unusable(variable: str, path: str, reason: str) -> ConfigError:
    return ConfigError(
        f"The environment variable {variable} names {safe_line(path, 200)!r}, which cannot be used: "
        f"{safe_line(reason, 200)}. Correct it or unset it."
    )


def _proxy(value: str, variable: str) -> httpx.Proxy:
    proxy = _parsed(value)
    if isinstance(proxy, str):
        raise _refused(variable, proxy)  # outside of the except clause: httpx's error quotes a password
    if not proxy.url.host:
        raise _refused(variable, "it names no host")
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise MissingExtraError(
            f"{variable} names a SOCKS proxy, which needs the package 'socksio'. Run: pip install socksio"
        )
    return proxy


def _parsed(value: str) -> httpx.Proxy | str:
    """Return the proxy of an address, or why it is none."""
    try:
        return httpx.Proxy(value if "://" in value else f"http://{value}")
    except (ValueError, httpx.InvalidURL) as error:
        scheme = value.partition("://")[0] if "://" in value else ""
        if scheme.isalnum() and scheme not in _PROXY_SCHEMES:
            return f"{scheme!r} is not a supported kind of proxy"
        return f"it is not the address of a proxy ({type(error).__name__})"


def _refused(variable: str, reason: str) -> ConfigError:
    return ConfigError(f'{variable}: {reason}. Expected one such as "http://proxy.example.com:3128", or no value.')


def _variable(name: str) -> str:
    """Return what a setting is called in the environment; the operating system may have it elsewhere."""
    found = [variable for variable in os.environ if variable.lower() == name and os.environ[variable]]
    return f"The environment variable {name if name in found else found[0]}" if found else "The system's proxy setting"


def _is_excepted(server: httpx.URL, value: str) -> bool:
    """Return whether NO_PROXY names the server: a host, its domain, an address or network, a pattern, or "*"."""
    entries = [entry.strip().lower() for entry in value.replace(",", " ").split()]
    for entry in entries:
        if not _EXCEPTION.fullmatch(entry):
            raise ConfigError(
                f"{_variable('no_proxy')}: {safe_line(entry, 100)!r} is not a host, domain, address or network. "
                'Expected a list such as "localhost,.example.com,10.0.0.0/8".'
            )
    host, port = server.host.rstrip(".").lower(), server.port or {"http": 80, "https": 443}.get(server.scheme)
    return any(_matches(entry.partition("://")[2] or entry, host, port) for entry in entries)


def _matches(entry: str, host: str, port: int | None) -> bool:
    if entry == "*" or (entry == "<local>" and "." not in host):
        return True
    address = _address(host)
    if address is not None and (network := _network(entry)) is not None:
        return address in network
    name, colon, of_port = entry.rpartition(":")
    if colon and of_port.isdigit() and not _network(entry):
        return int(of_port) == port and _matches(name, host, port)
    if address is not None:
        return fnmatch.fnmatchcase(host, entry.strip("[]"))
    domain = entry.removeprefix("*").lstrip(".")
    return host == domain or host.endswith(f".{domain}") or fnmatch.fnmatchcase(host, entry)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None
