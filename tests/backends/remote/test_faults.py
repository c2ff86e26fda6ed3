"""Invalid answers and failing connections: retried once, then RemoteAnswerError; no embedding changes."""

import gzip

import numpy as np
import pytest

import remote_server as faults
from qwen3_embed_integrations import RemoteAnswerError

TEXTS = [f"text {i}" for i in range(12)]
NAN = float("nan")


BAD_ANSWERS = {
    "no JSON": (faults.literally(b"<html>busy</html>"), "not valid JSON"),
    "half a JSON": (faults.literally(b'{"data": [{"index": 0, "embedding": [0.1, '), "not valid JSON"),
    "a deep nest": (faults.literally(b"[" * 100_000), "too many lists and objects"),
    "another object": (faults.literally(b'{"embeddings": []}'), 'expected a list "data" of objects'),
    "a list of nothing": (faults.literally(b'{"data": [1, 2]}'), 'expected a list "data" of objects'),
    "an embedding too few": (faults.changed(lambda data: data[1:]), "11 embeddings for 12 texts"),
    "an embedding too many": (faults.changed(lambda data: [*data, data[0]]), "13 embeddings for 12 texts"),
    "a doubled index": (faults.changed(lambda data: data[0].update(index=1)), "the indices are not 0 to 11"),
    "an index beyond": (faults.changed(lambda data: data[0].update(index=12)), "the indices are not 0 to 11"),
    "an index of another kind": (faults.changed(lambda data: data[0].update(index="0")), "the indices are not 0 to 11"),
    "an embedding too short": (
        faults.with_embeddings(lambda embedding: embedding[:-1]),
        "embedding 0 has 63 numbers, expected 64",
    ),
    "no embedding": (faults.with_embeddings(lambda _: None), "embedding 0 is not a list of numbers"),
    "an embedding of words": (faults.with_embeddings(lambda _: ["x"] * 64), "embedding 0 is not a list of numbers"),
    "an embedding of embeddings": (
        faults.with_embeddings(lambda embedding: [embedding]),
        "embedding 0 is not a list of numbers",
    ),
    "broken base64": (faults.with_embeddings(lambda _: "%%%"), "embedding 0 is not base64"),
    "short base64": (faults.with_embeddings(lambda _: "AAA="), "embedding 0 is not base64"),
    "NaN": (faults.with_embeddings(lambda embedding: [NAN, *embedding[1:]]), "NaN, which is not a JSON number"),
    "infinity": (faults.with_embeddings(lambda embedding: [1e300, *embedding[1:]]), "embedding 0 holds NaN or"),
    "null": (faults.with_embeddings(lambda embedding: [None, *embedding[1:]]), "not a list of numbers"),
    "a string": (faults.with_embeddings(lambda embedding: ["0.5", *embedding[1:]]), "not a list of numbers"),
    "a boolean": (faults.with_embeddings(lambda embedding: [True, *embedding[1:]]), "not a list of numbers"),
    "a gzip bomb": (faults.encoded(gzip.compress(bytes(20_000_000)), "gzip"), "longer than"),
    "a nested bomb": (faults.encoded(gzip.compress(gzip.compress(bytes(20_000_000))), "gzip, gzip"), "Content-Enc"),
    "zstd": (faults.encoded(b"\x28\xb5\x2f\xfd", "zstd"), "Content-Encoding"),
    "half a gzip": (faults.encoded(gzip.compress(b"{}")[:-4], "gzip"), "truncated"),
    "zeros": (faults.with_embeddings(lambda _: [0.0] * 64), "embedding 0 holds NaN or"),
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


# TLS and silence
