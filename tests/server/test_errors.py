"""Every error of the encoder has a status that its clients act on; what nobody foresaw says nothing of the texts."""

import pytest

from qwen3_embed_integrations import (
    ConfigError,
    EncoderClosedError,
    InputTypeError,
    OverloadedError,
    RemoteTimeoutError,
    RemoteUnavailableError,
    TextTooLongError,
)
from qwen3_embed_integrations.server.errors import ApiError, error_of, quoted


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ConfigError("x"), 400, None),
        (InputTypeError("x"), 400, None),
        (TextTooLongError("Text 1 is long. Set on_overflow."), 400, "context_length_exceeded"),
        (OverloadedError("x"), 429, "rate_limit_exceeded"),
        (EncoderClosedError("x"), 503, "unavailable"),
        (RemoteTimeoutError("x"), 504, "timeout"),
        (RemoteUnavailableError("x"), 502, "engine_failed"),
        (MemoryError("a text"), 500, "out_of_memory"),
        (RuntimeError("a text"), 500, "internal_error"),
    ],
)
def test_an_error_has_its_status_and_code(error, status, code):
    found = error_of(error)
    assert (found.status, found.code) == (status, code)
    assert "a text" not in found.message
    assert "on_overflow" not in found.message


def test_an_api_error_stays_as_it_is():
    error = ApiError(418, "x")
    assert error_of(error) is error


@pytest.mark.parametrize(
    ("path", "keys"),
    [("/v1/embeddings", {"error"}), ("/embed", {"error", "error_type"}), ("/v2/embed", {"message", "id"})],
)
def test_each_route_has_its_format(path, keys):
    assert set(ApiError(429, "x").body(path)) == keys


def test_a_name_is_quoted_as_one_safe_line():
    assert quoted("\x1b[2J" + "x" * 200).startswith("'\\\\x1b[2J")
    assert len(quoted("x" * 1000)) < 100
