"""One call: requests within the limits; after a failure only the rest is requested again."""

import asyncio
import threading

import numpy as np
import pytest

import remote_server as faults
from qwen3_embed_integrations import (
    Qwen3Encoder,
    RemoteUnavailableError,
    TextTooLongError,
)
from remote_server import serving

TEXTS = [f"text {i}" for i in range(12)]
MIXED = [f"text {i} " + "word " * (i % 13) for i in range(40)]


@pytest.mark.parametrize("limits", [{"max_batch_texts": 7}, {"max_batch_tokens": 30}, {"engine": "dashscope"}])
def test_requests_keep_to_the_limits_and_order_is_restored(remote, server, local, limits):
    embeddings = remote(model=local.config.model, **limits).encode_document(MIXED)
    np.testing.assert_allclose(embeddings, local.encode_document(MIXED), atol=1e-5)
    assert len(server.requests) >= 4
    if "max_batch_tokens" in limits:
        lengths = [local.count_tokens(sent).tolist() for sent in server.texts]
        assert all(sum(batch) <= 30 or len(batch) == 1 for batch in lengths)
    else:
        most = limits.get("max_batch_texts", 10)
        assert max(len(sent) for sent in server.texts) == most


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
    held = threading.Event()

    def answer_when_released(handler, body):
        assert held.wait(600)
        return handler.answer(body)

    server.faults.extend([answer_when_released] * 2)
    call = asyncio.create_task(encoder.aencode_document([f"d{i}" for i in range(50)]))
    while len(server.requests) < 3:  # noqa: ASYNC110 - the server is in other threads; the first told the width
        await asyncio.sleep(0.001)
    n_requests = len(server.requests)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    held.set()
    assert (await encoder.aencode_document(["a"])).shape == (1, 64)
    assert len(server.requests) == n_requests + 1


def test_a_failure_ends_the_other_requests_of_its_call(remote, server):
    encoder = remote(max_batch_texts=1, max_concurrency=2, max_retries=0)
    encoder.load()
    server.options["delay_s"] = 0.05
    server.faults.extend([None, None, faults.status(500)])
    with pytest.raises(RemoteUnavailableError) as caught:
        encoder.encode_document([f"d{i}" for i in range(50)])
    assert "of 50 texts were answered before the failure" in caught.value.__notes__[0]
    encoder.unload()  # waits for what is under way
    assert len(server.requests) < 10
