"""A server that breaks in every way: the right embeddings or one of our errors; only what is missing is asked again."""

import asyncio
import logging
import pickle
import ssl
import subprocess
import threading
import time
import traceback
from email.utils import formatdate

import numpy as np
import pytest

import remote_server as faults
from qwen3_embed_integrations import (
    Qwen3Encoder,
    RemoteAnswerError,
    RemoteError,
    RemoteRefusedError,
    RemoteTimeoutError,
    RemoteUnavailableError,
    TextTooLongError,
)
from qwen3_embed_integrations.backends.remote.http_errors import _retry_after_s
from remote_server import serving

TEXTS = [f"text {i}" for i in range(12)]
NAN = float("nan")


def swap(data):
    data[0]["index"], data[1]["index"] = data[1]["index"], data[0]["index"]


BAD_ANSWERS = {
    "no JSON": (faults.literally(b"<html>busy</html>"), "not valid JSON"),
    "half a JSON": (faults.literally(b'{"data": [{"index": 0, "embedding": [0.1, '), "not valid JSON"),
    "a deep nest": (faults.literally(b"[" * 100_000), "not valid JSON"),
    "another object": (faults.literally(b'{"embeddings": []}'), 'no list "data"'),
    "a list of nothing": (faults.literally(b'{"data": [1, 2]}'), 'no list "data"'),
    "an embedding too few": (faults.changed(lambda data: data[1:]), "11 embeddings for 12 texts"),
    "an embedding too many": (faults.changed(lambda data: [*data, data[0]]), "13 embeddings for 12 texts"),
    "a doubled index": (faults.changed(lambda data: data[0].update(index=1)), "indices are not 0 to 11"),
    "an index beyond": (faults.changed(lambda data: data[0].update(index=12)), "indices are not 0 to 11"),
    "an index of another kind": (faults.changed(lambda data: data[0].update(index="0")), "indices are not 0 to 11"),
    "an embedding too short": (
        faults.with_embeddings(lambda embedding: embedding[:-1]),
        "embedding 0 has 63 numbers, expected 64",
    ),
    "no embedding": (faults.with_embeddings(lambda _: None), "embedding 0 is no list of numbers"),
    "an embedding of words": (faults.with_embeddings(lambda _: ["x"] * 64), "embedding 0 is no list of numbers"),
    "an embedding of embeddings": (
        faults.with_embeddings(lambda embedding: [embedding]),
        "embedding 0 is no list of numbers",
    ),
    "broken base64": (faults.with_embeddings(lambda _: "%%%"), "embedding 0 is no list of numbers"),
    "short base64": (faults.with_embeddings(lambda _: "AAA="), "embedding 0 is no list of numbers"),
    "NaN": (faults.with_embeddings(lambda embedding: [NAN, *embedding[1:]]), "embedding 0 has no direction"),
    "infinity": (faults.with_embeddings(lambda embedding: [1e300, *embedding[1:]]), "embedding 0 has no direction"),
    "null": (faults.with_embeddings(lambda embedding: [None, *embedding[1:]]), "embedding 0 has no direction"),
    "zeros": (faults.with_embeddings(lambda _: [0.0] * 64), "embedding 0 has no direction"),
    "no end": (faults.literally(b" " * 2_000_000), "longer than"),
}

PASSING = {
    "reset": faults.reset,
    "408": faults.status(408),
    "429": faults.status(429),
    "429 with seconds": faults.status(429, Retry_After="0.3"),
    "500": faults.status(500),
    "503": faults.status(503, "Model is loading"),
    "truncated": faults.truncated,
    **{name: fault for name, (fault, _) in BAD_ANSWERS.items()},
}


@pytest.mark.parametrize("name", PASSING)
def test_a_passing_fault_changes_no_embedding(remote, server, local, name):
    encoder = remote(model=local.config.model, engine="openai")
    server.faults.append(PASSING[name])
    np.testing.assert_allclose(encoder.encode_document(TEXTS), local.encode_document(TEXTS), atol=1e-5)
    assert len(server.requests) == 2
    assert server.texts[0] == server.texts[1]


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_server_that_answers_nonsense_twice_is_an_error(remote, server, checkpoint, name):
    fault, message = BAD_ANSWERS[name]
    server.faults.extend([fault, fault])
    with pytest.raises(RemoteAnswerError, match=message):
        remote(model=str(checkpoint), engine="openai").encode_document(TEXTS)
    assert len(server.requests) == 2


def test_embeddings_out_of_order_are_put_right_by_their_indices(remote, server, local):
    server.faults.append(faults.changed(lambda data: data[::-1]))
    embeddings = remote(model=local.config.model, engine="openai").encode_document(TEXTS)
    np.testing.assert_allclose(embeddings, local.encode_document(TEXTS), atol=1e-5)
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [faults.stall(5), faults.slow_loris])
def test_a_server_that_stalls_or_drips_is_asked_again_in_time(remote, server, local, fault):
    encoder = remote(model=local.config.model, timeout_s=0.4)
    local.load()
    server.faults.append(fault)
    before = time.monotonic()
    np.testing.assert_allclose(encoder.encode_document(["a"]), local.encode_document(["a"]), atol=1e-5)
    assert time.monotonic() - before < 2.5


def test_the_deadline_ends_a_call_and_names_the_last_fault(remote, server, checkpoint):
    server.faults.extend([faults.status(503, "Model is loading"), *[faults.stall(1)] * 9])
    before = time.monotonic()
    with pytest.raises(RemoteTimeoutError, match=r"deadline_s=0\.8.*Model is loading") as caught:
        remote(model=str(checkpoint), deadline_s=0.8).encode_document(["a"])
    assert time.monotonic() - before < 2
    assert isinstance(caught.value, TimeoutError)


def test_a_pause_beyond_the_deadline_is_not_waited_for(remote, server, checkpoint):
    server.faults.append(faults.status(429, "slow down", Retry_After="3600"))
    before = time.monotonic()
    with pytest.raises(RemoteUnavailableError, match=r"failed 1 times.*HTTP 429 \(slow down\)"):
        remote(model=str(checkpoint)).encode_document(["a"])
    assert time.monotonic() - before < 2


def test_retry_after_is_honoured(remote, server, checkpoint):
    server.faults.append(faults.status(429, Retry_After="1"))
    before = time.monotonic()
    remote(model=str(checkpoint)).encode_document(["a"])
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("3", 3, 3),
        ("", 0, 0),
        ("soon", 0, 0),
        ("-1", 0, 0),
        ("inf", 0, 0),
        (formatdate(time.time() + 600), 400, 600),
        ("Thu, 01 Jan 2020 00:00:00 +9999999999999", 0, 0),
    ],
)
def test_retry_after_reads_seconds_and_dates(value, low, high):
    assert low <= _retry_after_s(value) <= high


def test_a_server_that_goes_on_failing_is_given_up(remote, server, checkpoint):
    server.faults.extend([faults.status(500, "out of memory")] * 9)
    with pytest.raises(RemoteUnavailableError, match=r"failed 3 times, last so: HTTP 500 \(out of memory\)"):
        remote(model=str(checkpoint), max_retries=2).encode_document(["a"])
    assert len(server.requests) == 3


def test_a_storm_of_429_is_weathered(remote, server, local):
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


def test_the_key_is_in_no_exception_of_a_lost_connection(remote, server, checkpoint, monkeypatch):
    monkeypatch.setenv("EMBEDDING_KEY", "sk-secret1234")
    server.faults.append(faults.reset)
    with pytest.raises(RemoteUnavailableError) as caught:
        remote(model=str(checkpoint), api_key_env="EMBEDDING_KEY", max_retries=0).encode_document(["a"])
    error = caught.value
    while error is not None:
        assert "secret1234" not in repr(error) + str(getattr(error, "request", None) and error.request.headers.raw)
        error = error.__cause__


# Sizes and partial success


@pytest.mark.parametrize("engine", ["openai", "tei"])
def test_a_batch_too_large_is_halved_until_it_fits(checkpoint, local, engine):
    with serving(checkpoint, max_texts=3) as small:
        encoder = Qwen3Encoder(backend="remote", base_url=small.url, model=str(checkpoint), engine=engine)
        np.testing.assert_allclose(encoder.encode_document(TEXTS), local.encode_document(TEXTS), atol=1e-5)
        assert [len(sent) for sent in small.texts] == [12, 6, 3, 3, 3, 3]
        encoder.unload()


@pytest.mark.parametrize("code", [413, 400, 500])
def test_a_single_text_too_large_is_named(remote, server, checkpoint, code):
    message = "input (9 tokens) is too large to process"

    def raise_problems(handler, body):
        long = any("long" in text for text in body["input"])
        return faults.status(code, message)(handler, body) if long else handler.answer(body)

    server.faults.extend([raise_problems] * 20)
    with pytest.raises(TextTooLongError, match=r"refuses text 1 .*too large to process"):
        remote(model=str(checkpoint), engine="openai").encode_document(["a", "a long one", "b", "c"])


def test_a_server_to_which_one_letter_is_too_large_refuses_the_model(remote, server):
    server.faults.append(faults.status(413, "Payload Too Large"))
    with pytest.raises(RemoteRefusedError, match=r"one letter too large: HTTP 413 \(Payload Too Large\)"):
        remote().encode_document(["a"])


def test_after_a_fault_only_the_missing_embeddings_are_asked_again(remote, server, local):
    encoder = remote(model=local.config.model, engine="openai", max_batch_texts=3, max_concurrency=1)
    server.faults.extend([None, faults.reset, faults.status(500), None, faults.truncated])
    np.testing.assert_allclose(encoder.encode_document(TEXTS), local.encode_document(TEXTS), atol=1e-5)
    sent = [tuple(batch) for batch in server.texts]
    assert len(sent) == 4 + 3
    assert [sent.count(batch) for batch in dict.fromkeys(sent)] == [1, 3, 2, 1]


def test_one_calls_error_reaches_no_other_call(remote, server, local):
    encoder = remote(model=local.config.model, engine="openai", max_retries=0)

    def fail_for_bad(handler, body):
        return faults.status(500)(handler, body) if "bad" in body["input"] else handler.answer(body)

    server.faults.extend([fail_for_bad] * 20)
    errors, embeddings = [], {}

    def embed(text):
        try:
            embeddings[text] = encoder.encode_document([text])
        except RemoteUnavailableError as error:
            errors.append((text, error))

    threads = [threading.Thread(target=embed, args=(text,)) for text in [*TEXTS, "bad"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text for text, _ in errors] == ["bad"]
    assert sorted(embeddings) == sorted(TEXTS)


async def test_a_cancelled_call_sends_no_further_requests(remote, server):
    encoder = remote(max_batch_texts=1, max_concurrency=2)
    encoder.load()
    server.options["delay_s"] = 0.1
    call = asyncio.create_task(encoder.aencode_document([f"d{i}" for i in range(50)]))
    await asyncio.sleep(0.25)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.sleep(0.25)
    n_requests = len(server.requests)
    await asyncio.sleep(0.25)
    assert 3 <= n_requests == len(server.requests) <= 10
    assert (await encoder.aencode_document(["a"])).shape == (1, 64)


def test_a_failure_ends_the_other_requests_of_its_call(remote, server):
    encoder = remote(max_batch_texts=1, max_concurrency=2, max_retries=0)
    encoder.load()
    server.options["delay_s"] = 0.05
    server.faults.extend([None, None, faults.status(500)])
    with pytest.raises(RemoteUnavailableError) as caught:
        encoder.encode_document([f"d{i}" for i in range(50)])
    assert "of 50 texts had their embeddings" in caught.value.__notes__[0]
    time.sleep(0.2)
    assert len(server.requests) < 10


# TLS and silence


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


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(checkpoint, certificate, monkeypatch):
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


def test_nothing_but_the_request_is_sent(remote, server, checkpoint, caplog):
    encoder = remote(model=str(checkpoint), engine="openai")
    with caplog.at_level(logging.DEBUG, logger="httpx"):
        encoder.encode_document(["a"])
    assert caplog.text.count("HTTP Request") == len(server.requests) == 1
    assert set(server.requests[0][1]) == {"model", "input", "encoding_format"}
