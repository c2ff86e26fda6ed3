"""Keys, and the Host header on loopback."""

import pytest
from starlette.datastructures import Headers

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.server.access import Access, is_loopback
from qwen3_embed_integrations.server.errors import ApiError
from qwen3_embed_integrations.server.options import ServeOptions

KEYS = ("first-key-12345", "second-key-6789")
ENVIRONMENT = {"QWEN3_EMBED_API_KEYS": "\n".join(KEYS)}


def status(access, path="/v1/embeddings", **headers):
    try:
        access.check(path, Headers({name.replace("_", "-"): value for name, value in headers.items()}))
    except ApiError as error:
        return error.status
    return 200


@pytest.mark.parametrize("key", KEYS)
def test_each_key_opens_by_either_header(key):
    access = Access(KEYS)
    assert status(access, authorization=f"Bearer {key}") == 200
    assert status(access, authorization=f"bearer {key}") == 200
    assert status(access, x_api_key=key) == 200


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer first-key-1234", f"Basic {KEYS[0]}", "Bearer é"])
def test_anything_else_is_unauthorized(authorization):
    assert status(Access(KEYS), authorization=authorization) == 401


def test_probes_need_no_key_and_metrics_do():
    assert [status(Access(KEYS), path) for path in ("/health", "/ready", "/metrics")] == [200, 200, 401]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])  # noqa: S104 - it is refused
def test_an_address_of_the_network_needs_a_key_or_a_word(host):
    with pytest.raises(ConfigError, match="no key protects the server"):
        Access.of(ServeOptions(host=host), {})
    assert status(Access.of(ServeOptions(host=host), ENVIRONMENT)) == 401
    assert status(Access.of(ServeOptions(host=host, insecure=True), {}), host="anything") == 200


@pytest.mark.parametrize("key", ["shor7", "spaß-and-more-letters", "bell\x07bell\x07bell"])
def test_a_key_that_is_none_is_refused_without_being_shown(key):
    with pytest.raises(ConfigError, match="openssl rand") as caught:
        Access.of(ServeOptions(), {"QWEN3_EMBED_API_KEYS": key})
    assert key not in str(caught.value)


def test_a_page_of_another_site_can_not_ask_a_loopback_server():
    access = Access.of(ServeOptions(allowed_hosts=("my-box",)), {})
    good = ("localhost:8080", "127.0.0.1", "[::1]:80", "LOCALHOST.", "my-box:1")
    assert [status(access, host=host) for host in good] == [200] * 5
    assert [status(access, host=host) for host in ("evil.example", "localhost.evil.example", "")] == [403] * 3


def test_loopback_is_known_by_name_and_number():
    assert [is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")] == [True] * 5
    assert not is_loopback("10.0.0.1")
