"""What a status means: retry, send less, or give up."""

import time
import traceback
from email.utils import formatdate

import pytest

import remote_server as faults
from qwen3_embed_integrations import (
    RemoteRefusedError,
)
from qwen3_embed_integrations.backends.remote.http_errors import _retry_after_s

TEXTS = [f"text {i}" for i in range(12)]


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("3", 3, 3),
        ("", 0, 0),
        ("soon", 0, 0),
        ("-1", 0, 0),
        ("inf", 0, 0),
        ("Thu, 01 Jan 2020 00:00:00 +9999999999999", 0, 0),
    ],
    ids=["seconds", "empty", "word", "negative", "infinite", "absurd date"],
)
def test_retry_after_reads_seconds_and_dates(value, low, high):
    assert low <= _retry_after_s(value) <= high


def test_retry_after_reads_a_date():
    assert 0 < _retry_after_s(formatdate(time.time() + 600)) <= 600


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (faults.status(400, "no such option"), "no such option"),
        (faults.status(401, "key sk-secret1234 is wrong"), "api_key_env"),
        (faults.status(403), "api_key_env"),
        (faults.status(404), "served_model"),
        (faults.status(424, "backend sk-secret1234 failed"), r"backend \[api key\] failed"),
        (faults.status(307, Location="http://other/v1"), "http://other/v1"),
    ],
)
def test_a_refusal_is_final_and_never_shows_the_key(remote, server, monkeypatch, fault, message):
    monkeypatch.setenv("EMBEDDING_KEY", "sk-secret1234")
    server.faults.append(fault)
    with pytest.raises(RemoteRefusedError, match=message) as caught:
        remote(model=str(server.config.model), api_key_env="EMBEDDING_KEY").encode_document(["a"])
    assert len(server.requests) == 1
    assert "secret1234" not in "".join(traceback.format_exception(caught.value))
