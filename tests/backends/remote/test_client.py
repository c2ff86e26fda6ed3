"""One request: the API key, time limits, retries and TLS."""

import logging
import pickle
import ssl
import subprocess
import threading
import time

import numpy as np
import pytest

import remote_server as faults
from qwen3_embed_integrations import (
    ConfigError,
    Qwen3Encoder,
    RemoteError,
    RemoteRefusedError,
    RemoteTimeoutError,
    RemoteUnavailableError,
)
from remote_server import serving

TEXTS = [f"text {i}" for i in range(12)]


def test_the_key_is_sent_and_is_nowhere_else(remote, server, monkeypatch, caplog):
    monkeypatch.setenv("EMBEDDING_KEY", "sk-secret1234")
    encoder = remote(api_key_env="EMBEDDING_KEY")
    with caplog.at_level(logging.DEBUG):
        encoder.encode_document(["a"])
    assert set(server.authorizations) == {"Bearer sk-secret1234"}
    stored = repr(encoder) + repr(encoder.config) + str(encoder.config.to_options()) + caplog.text
    assert "secret1234" not in stored
    assert b"secret1234" not in pickle.dumps(encoder)


@pytest.mark.parametrize("value", ["", "key with \n newline", "schlüssel"])
def test_a_variable_without_a_key_is_refused_unseen(remote, monkeypatch, value):
    monkeypatch.setenv("EMBEDDING_KEY", value)
    with pytest.raises(ConfigError, match="EMBEDDING_KEY") as caught:
        remote(api_key_env="EMBEDDING_KEY").load()
    assert not value or value not in str(caught.value)


def test_requests_under_way_are_bounded(remote, server):
    encoder = remote(max_concurrency=3, max_batch_texts=1)
    server.options["delay_s"] = 0.02
    threads = [threading.Thread(target=encoder.encode_document, args=(TEXTS[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.peak == 3


@pytest.mark.parametrize("fault", [faults.hang, faults.slow_loris])
def test_a_request_that_hangs_or_drips_is_sent_again(remote, server, local, fault):
    encoder = remote(model=local.config.model, timeout_s=2.0)
    local.load()
    server.faults.append(fault)
    np.testing.assert_allclose(encoder.encode_document(["a"]), local.encode_document(["a"]), atol=1e-5)
    assert len(server.requests) >= 2  # the first one hangs until the test ends


def test_the_deadline_ends_a_call_and_names_the_last_fault(remote, server, checkpoint):
    server.faults.extend([faults.status(503, "Model is loading"), *[faults.hang] * 9])
    with pytest.raises(RemoteTimeoutError, match=r"deadline_s=4.*Model is loading") as caught:
        remote(model=str(checkpoint), deadline_s=4.0).encode_document(["a"])
    assert isinstance(caught.value, TimeoutError)


def test_a_pause_beyond_the_deadline_is_not_waited_for(remote, server, checkpoint):
    server.faults.append(faults.status(429, "slow down", Retry_After="3600"))
    with pytest.raises(RemoteUnavailableError, match=r"failed 1 times.*HTTP 429 \(slow down\)"):
        remote(model=str(checkpoint)).encode_document(["a"])
    assert len(server.requests) == 1


def test_retry_after_is_honoured(remote, server, checkpoint):
    server.faults.append(faults.status(429, Retry_After="1"))
    before = time.monotonic()
    remote(model=str(checkpoint)).encode_document(["a"])
    assert time.monotonic() - before >= 1


def test_a_server_that_goes_on_failing_is_given_up(remote, server, checkpoint):
    server.faults.extend([faults.status(500, "out of memory")] * 9)
    with pytest.raises(RemoteUnavailableError, match=r"failed 3 times; the last failure: HTTP 500 \(out of memory\)"):
        remote(model=str(checkpoint), max_retries=2).encode_document(["a"])
    assert len(server.requests) == 3


def test_many_answers_of_429_change_no_embedding(remote, server, local):
    encoder = remote(model=local.config.model, max_batch_texts=3, max_concurrency=4)
    server.faults.extend([faults.status(429, Retry_After="0.05")] * 8)
    np.testing.assert_allclose(encoder.encode_document(TEXTS), local.encode_document(TEXTS), atol=1e-5)
    assert len(server.requests) == 12


def test_nobody_there_is_an_error_with_the_address():
    encoder = Qwen3Encoder(backend="remote", base_url="http://127.0.0.1:9", max_retries=1)
    with pytest.raises(RemoteUnavailableError, match=r"http://127\.0\.0\.1:9/v1/embeddings failed 2 times") as caught:
        encoder.encode_document(["a"])
    assert isinstance(caught.value, ConnectionError)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), RemoteError)  # noqa: S301 - our own bytes
    encoder.unload()


def test_the_key_is_in_no_exception_of_a_lost_connection(remote, server, checkpoint, monkeypatch):
    monkeypatch.setenv("EMBEDDING_KEY", "sk-secret1234")
    server.faults.append(faults.reset)
    with pytest.raises(RemoteUnavailableError) as caught:
        remote(model=str(checkpoint), api_key_env="EMBEDDING_KEY", max_retries=0).encode_document(["a"])
    error = caught.value
    while error is not None:
        assert "secret1234" not in repr(error) + str(getattr(error, "request", None) and error.request.headers.raw)
        error = error.__cause__


@pytest.fixture
def certificate(tmp_path):
    files = tmp_path / "key.pem", tmp_path / "certificate.pem"
    done = subprocess.run(  # noqa: S603 - our own arguments
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",  # noqa: S607 - wherever it is
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", files[0], "-out", files[1]],
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("openssl can't make a certificate here")
    return files


def test_an_unknown_certificate_is_refused_at_once(checkpoint, certificate, monkeypatch):
    key, chain = certificate
    with serving(checkpoint) as secured:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        secured.socket = context.wrap_socket(secured.socket, server_side=True)
        options = {
            "backend": "remote",
            "base_url": f"https://localhost:{secured.server_port}",
            "model": str(checkpoint),
        }
        encoder = Qwen3Encoder(**options)
        with pytest.raises(RemoteUnavailableError, match=r"failed 1 times.*SSL_CERT_FILE"):
            encoder.encode_document(["a"])
        assert secured.requests == []
        encoder.unload()
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        assert encoder.encode_document(["a"]).shape == (1, 64)
        encoder.unload()


def test_loopback_is_direct_and_other_hosts_go_through_the_proxy(remote, server, checkpoint, monkeypatch):
    monkeypatch.setenv("EMBEDDING_KEY", "sk-secret1234")
    with serving(checkpoint) as proxy:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.delenv(name.lower(), raising=False)
            monkeypatch.setenv(name, proxy.url)
        remote(api_key_env="EMBEDDING_KEY").encode_document(["a"])
        assert proxy.requests == []
        assert len(server.requests) == 2
        other = remote(base_url="http://embed.invalid", api_key_env="EMBEDDING_KEY")
        with pytest.raises(RemoteRefusedError, match="HTTP 404"):
            other.encode_document(["a"])
        assert [path for path, _ in proxy.requests] == ["http://embed.invalid/v1/embeddings"]


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_that_cannot_be_read_are_an_error_that_names_the_variable(
    remote, checkpoint, monkeypatch, variable
):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, "/nonexistent")
    with pytest.raises(ConfigError, match=f"environment variable {variable} names '/nonexistent'"):
        remote(base_url="https://127.0.0.1:9", model=str(checkpoint)).encode_document(["a"])
    assert remote().encode_document(["a"]).shape == (1, 64)  # plain http needs none


def test_a_socks_proxy_and_a_malformed_proxy_are_errors_of_ours(remote, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "socks4://user:secret@proxy")
    with pytest.raises(ConfigError, match="HTTP_PROXY: 'socks4' is not a supported kind of proxy") as caught:
        remote(base_url="http://embed.invalid").encode_document(["a"])
    assert "secret" not in str(caught.value)


def test_an_address_that_httpx_cannot_read_is_an_error_of_ours(remote):
    with pytest.raises(ConfigError, match="base_url"):
        remote(base_url="http://xn--a.invalid..").encode_document(["a"])


def test_nothing_but_the_request_is_sent(remote, server, checkpoint, caplog):
    encoder = remote(model=str(checkpoint), engine="openai")
    with caplog.at_level(logging.DEBUG, logger="httpx"):
        encoder.encode_document(["a"])
    assert caplog.text.count("HTTP Request") == len(server.requests) == 1
    assert set(server.requests[0][1]) == {"model", "input", "encoding_format"}
