"""Proxies and certificates of the environment: loopback is direct, and a malformed setting is named, never shown."""

import shutil
import ssl
from importlib.util import find_spec

import certifi
import httpx
import pytest

from qwen3_embed_integrations import ConfigError, MissingExtraError
from qwen3_embed_integrations.backends.remote.network import proxy_for, tls_context

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def proxy_of(url):
    found = proxy_for(httpx.URL(url))
    return found and str(found.url)


def test_each_scheme_has_its_variable_and_all_proxy_is_the_rest(monkeypatch):
    assert proxy_of("http://example.com") is None
    monkeypatch.setenv("HTTP_PROXY", "http://a:1")
    monkeypatch.setenv("ALL_PROXY", "b:2")
    assert proxy_of("http://example.com") == "http://a:1"
    assert proxy_of("https://example.com") == "http://b:2"
    monkeypatch.setenv("https_proxy", "https://c:3")
    assert proxy_of("https://example.com/v1") == "https://c:3"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80", "http://localhost", "https://[::1]:9", "http://127.1", "http://a.localhost"]
)
def test_loopback_never_goes_through_a_proxy(monkeypatch, url):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://evil:3128")
    assert proxy_of(url) is None
    monkeypatch.setenv("NO_PROXY", "%%%malformed,,")
    assert proxy_of(url) is None


@pytest.mark.parametrize(
    ("value", "direct", "proxied"),
    [
        ("*", ["http://example.com"], []),
        ("example.com", ["http://example.com", "http://a.example.com"], ["http://notexample.com"]),
        (".example.com, other.org", ["http://a.example.com", "http://other.org"], ["http://example.net"]),
        ("*.example.com", ["http://a.example.com"], ["http://example.net"]),
        (
            "10.0.0.0/8,192.168.1.7",
            ["http://10.1.2.3", "http://192.168.1.7"],
            ["http://11.0.0.1", "http://192.168.1.8"],
        ),
        ("10.*", ["http://10.1.2.3"], ["http://example.com"]),
        ("fd00::/8", ["http://[fd00::1]"], ["http://[fe80::1]"]),
        ("example.com:8080", ["http://example.com:8080"], ["http://example.com"]),
        ("http://example.com", ["http://example.com"], ["http://example.org"]),
        ("<local>", ["http://intranet"], ["http://example.com"]),
        ("", [], ["http://example.com"]),
    ],
)
def test_no_proxy_names_hosts_domains_addresses_and_networks(monkeypatch, value, direct, proxied):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", value)
    assert [url for url in direct + proxied if proxy_of(url) is None] == direct


@pytest.mark.parametrize(
    "value",
    [
        "socks4://u:secret@p:1",
        "ftp://u:secret@p",
        "http://u:secret@p:port",
        "http://u:secret@",
        "http://",
        "http://a b:secret",
        "://secret",
    ],
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_malformed_proxy_is_refused_by_name_and_not_shown(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=f"The environment variable {variable}: ") as caught:
        proxy_of("http://example.com")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.skipif(find_spec("socksio") is not None, reason="socksio is installed")
def test_a_socks_proxy_without_its_package_is_named(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5h://p:1080")
    with pytest.raises(MissingExtraError, match=r"environment variable ALL_PROXY .*pip install socksio"):
        proxy_of("https://example.com")


def test_a_malformed_no_proxy_is_named(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "example.com,{bad}")
    with pytest.raises(ConfigError, match=r"The environment variable NO_PROXY: '\{bad\}' is not a host"):
        proxy_of("http://example.org")


def test_a_request_of_a_cgi_client_sets_no_proxy(monkeypatch):
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    monkeypatch.setenv("HTTP_PROXY", "http://evil:3128")  # from its header "Proxy"
    assert proxy_of("http://example.com") is None


def contexts(url="https://example.com"):
    return tls_context(httpx.URL(url), None)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_an_unusable_file_is_refused_by_the_name_of_its_variable(monkeypatch, tmp_path, variable):
    monkeypatch.setenv(variable, str(tmp_path / "nowhere" / "x.pem"))
    with pytest.raises(ConfigError, match=f"The environment variable {variable} names"):
        contexts()
    assert contexts("http://example.com").cert_store_stats()["x509_ca"] == 0  # nothing is read for plain http


@pytest.mark.parametrize("content", [b"", b"no certificate", bytes(100)])
def test_a_file_without_certificates_is_refused(monkeypatch, tmp_path, content):
    path = tmp_path / "chain.pem"
    path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
        contexts()


def test_named_authorities_are_the_only_ones(monkeypatch, tmp_path):
    assert contexts().verify_mode == ssl.CERT_REQUIRED
    assert contexts().check_hostname
    n_known = contexts().cert_store_stats()["x509_ca"]
    assert n_known > 10
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert contexts().cert_store_stats()["x509_ca"] == 0
    shutil.copy(certifi.where(), tmp_path / "chain.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "chain.pem"))
    assert contexts().cert_store_stats()["x509_ca"] == n_known


def test_an_https_proxy_needs_authorities_too():
    proxy = httpx.Proxy("https://p:1")
    assert tls_context(httpx.URL("http://example.com"), proxy).cert_store_stats()["x509_ca"] > 10
