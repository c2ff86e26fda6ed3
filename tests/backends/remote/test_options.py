"""Options of the remote backend that are refused, and never shown where they may be a key."""

import pytest

from qwen3_embed_integrations import (
    ConfigError,
    EncoderConfig,
)

TEXTS = [f"text {i}" for i in range(12)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "remote"}, "needs base_url"),
        ({"base_url": "http://x"}, 'is for backend="remote"'),
        ({"backend": "remote", "base_url": "x:80"}, "must be an address"),
        ({"backend": "remote", "base_url": "http://x", "engine": "tgi"}, "engine='tgi'"),
        ({"backend": "jax"}, "backend='jax'"),
        ({"api_key": "x"}, "It is called 'api_key_env' here"),
        ({"timeout_s": 0}, "timeout_s=0"),
        ({"deadline_s": float("inf")}, "deadline_s=inf"),
    ],
)
def test_unfit_options_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        EncoderConfig(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"api_key_env": "sk-secret1234"},
        {"base_url": "http://me:sk-secret1234@x"},
        {"base_url": "http://x?k=sk-secret1234"},
    ],
)
def test_a_key_in_the_wrong_place_is_refused_unseen(options):
    with pytest.raises(ConfigError) as caught:
        EncoderConfig(**{"backend": "remote", "base_url": "http://x", **options})
    assert "secret1234" not in str(caught.value) + repr(caught.value.__cause__) + str(caught.value.__cause__)
