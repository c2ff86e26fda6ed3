"""Addresses compare by scheme, host, port and path; a pattern allows what it names and nothing else."""

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.core.server_address import ServerAddress, ServerPattern, is_loopback


@pytest.mark.parametrize(
    "same",
    ["http://h:80", "http://H/", "http://h/v1", "http://h./v1/embeddings", "http://h/embed", "http://h:80/api/embed"],
)
def test_spellings_of_one_server_are_one_address(same):
    assert ServerAddress.of(same) == ServerAddress.of("http://h")


@pytest.mark.parametrize("other", ["https://h", "http://h:8080", "http://h2", "http://h/tenant", "http://h/tenant/v1"])
def test_other_schemes_hosts_ports_and_paths_are_other_addresses(other):
    assert ServerAddress.of(other) != ServerAddress.of("http://h")


@pytest.mark.parametrize(
    "url", ["ftp://h", "h:80", "http://", "http://h:99999", "http://u:p@h", "http://h?q", "http://[::1", "http://a b"]
)
def test_what_is_no_address_is_refused_and_no_password_shown(url):
    with pytest.raises(ConfigError, match="is not the address of a server") as caught:
        ServerAddress.of(url)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "allowed", "refused"),
    [
        ("h", ["https://h", "https://h:8443/x"], ["http://h", "https://h2", "https://sub.h"]),
        ("h:8443", ["https://h:8443"], ["https://h", "http://h:8443"]),
        ("127.0.0.1:80", ["http://127.0.0.1", "https://127.0.0.1:80"], ["http://127.0.0.1:81"]),
        ("[::1]:80", ["http://[::1]"], ["http://127.0.0.1"]),
        ("http://h", ["http://h/any/v1"], ["https://h", "http://h:81"]),
        ("https://h/mine/v1", ["https://h/mine", "https://h/mine/v1/embeddings"], ["https://h/theirs/v1", "https://h"]),
    ],
)
def test_a_pattern_allows_what_it_names(entry, allowed, refused):
    pattern = ServerPattern.parse(entry)
    assert [url for url in allowed + refused if pattern.matches(ServerAddress.of(url), None)] == allowed


def test_a_pattern_allows_the_key_of_its_variable_only():
    address = ServerAddress.of("https://h")
    assert ServerPattern.parse("h=KEY").matches(address, "KEY")
    assert ServerPattern.parse("h=KEY").matches(address, None)
    assert not ServerPattern.parse("h=KEY").matches(address, "OTHER")
    assert not ServerPattern.parse("h").matches(address, "KEY")


@pytest.mark.parametrize("entry", ["*", "*.example.com", "h=key", "h=", "=KEY", "ftp://h", "http://", "h:port"])
def test_a_malformed_pattern_is_refused(entry):
    with pytest.raises(ConfigError):
        ServerPattern.parse(entry)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        *[(host, True) for host in ("localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "127.1")],
        *[(host, True) for host in ("::1", "[::1]", "::ffff:127.0.0.1", "0.0.0.0", "::", "2130706433", "0x7f000001")],  # noqa: S104 - a name to judge
        *[(host, False) for host in ("localhost.evil.com", "example.com", "10.0.0.1", "128.0.0.1", "::2", "", "naïve")],
    ],
)
def test_loopback_is_known_by_its_spelling(host, is_here):
    assert is_loopback(host) is is_here
