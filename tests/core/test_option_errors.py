import pytest
from pydantic import ValidationError

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.core.frozen_options import FrozenOptions
from qwen3_embed_integrations.core.option_errors import (
    PEER_NAMES,
    checked_url,
    checked_variable,
    describe_refused_options,
)


@pytest.mark.parametrize(("peer", "name"), sorted(PEER_NAMES.items()))
def test_a_name_of_another_library_is_answered_with_the_name_here(peer, name):
    with pytest.raises(ConfigError, match=f"Unknown option '{peer}'. It is called '{name}' here."):
        EncoderConfig(**{peer: 1})


def test_each_problem_is_described_once():
    class Options(EncoderConfig):
        def __init__(self, **options):
            super(FrozenOptions, self).__init__(**options)  # pydantic's own error

    with pytest.raises(ValidationError) as caught:
        Options(dimension=3, pooling="x", nothing=1)
    described = describe_refused_options(caught.value, EncoderConfig)
    assert described.count("dimension=3") == described.count("pooling='x'") == 1
    assert "Unknown option 'nothing'" in described


@pytest.mark.parametrize("name", ["token", "api_key_env", "base_url"])
def test_a_value_that_may_be_a_secret_is_never_shown(name):
    with pytest.raises(ConfigError) as caught:
        EncoderConfig(backend="remote", **{"base_url": "http://127.0.0.1:9", name: ["sk-secret-1"]})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/v1/", " https://host/v1 "])
def test_an_address_is_returned_without_trailing_slash_and_blanks(url):
    assert checked_url(url) == url.strip().rstrip("/")


@pytest.mark.parametrize("url", ["", "host:80", "ftp://host", "http://", "/v1"])
def test_what_is_no_http_address_is_rejected(url):
    with pytest.raises(ValueError, match="must be an address"):
        checked_url(url)


@pytest.mark.parametrize("url", ["http://me:secret@host", "http://host?key=secret", "http://host#secret"])
def test_an_address_with_a_secret_is_rejected_without_showing_it(url):
    with pytest.raises(ValueError, match="api_key_env") as caught:
        checked_url(url)
    assert "secret" not in str(caught.value)


def test_a_key_in_place_of_a_variable_s_name_is_rejected_without_showing_it():
    assert checked_variable("EMBEDDING_API_KEY") == "EMBEDDING_API_KEY"
    for value in ("sk-secret", "secret", "", "1SECRET", "A-B"):
        with pytest.raises(ValueError, match="environment variable") as caught:
            checked_variable(value)
        assert not value or value not in str(caught.value)
