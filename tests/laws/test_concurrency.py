"""One encoder, many callers: threads and event loops share forward passes, and everybody gets their own embeddings."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qwen3_embed_integrations import OverloadedError, Qwen3Encoder
from qwen3_embed_integrations.backends.registry import is_loaded


@pytest.fixture(scope="module")
def encoder(checkpoint):
    return Qwen3Encoder(model=str(checkpoint)).load()


def test_500_concurrent_async_queries_equal_their_single_calls(encoder):
    texts = [f"query {i} {'word ' * (i % 17)}" for i in range(500)]
    singles = np.concatenate([encoder.encode_query([text]) for text in texts])

    async def ask():
        return await asyncio.gather(*(encoder.aencode_query([text]) for text in texts))

    assert np.abs(np.concatenate(asyncio.run(ask())) - singles).max() <= 1e-6


def test_64_threads_get_their_own_embeddings(encoder):
    texts = [f"text {i} {'word ' * (i % 23)}" for i in range(256)]
    singles = encoder.encode_document(texts)
    with ThreadPoolExecutor(64) as pool:
        embeddings = list(pool.map(lambda text: encoder.encode_document([text]), texts))
    assert np.abs(np.concatenate(embeddings) - singles).max() <= 1e-6


def test_cancelling_half_of_the_queries_loses_nobody_else_s_result(encoder):
    texts = [f"query {i}" for i in range(100)]
    singles = encoder.encode_query(texts)

    async def ask():
        tasks = [asyncio.create_task(encoder.aencode_query([text])) for text in texts]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(ask())
    for embedding, single in zip(results[1::2], singles[1::2], strict=True):
        np.testing.assert_allclose(embedding[0], single, atol=1e-6)


def test_async_twins_equal_their_sync_ones(encoder):
    texts = [f"text {i}" for i in range(100)]

    async def ask():
        return await encoder.aencode_document(texts), await encoder.aencode_query(texts[:2], task="sts")

    documents, queries = asyncio.run(ask())
    np.testing.assert_allclose(documents, encoder.encode_document(texts), atol=1e-6)
    np.testing.assert_allclose(queries, encoder.encode_query(texts[:2], task="sts"), atol=1e-6)


def test_one_model_is_loaded_once_under_concurrency(make_checkpoint, monkeypatch):
    from qwen3_embed_integrations.backends.torch import forward as runtime

    loads = []
    load_model = runtime.load_model
    monkeypatch.setattr(runtime, "load_model", lambda *args: loads.append(args) or load_model(*args))
    fresh = Qwen3Encoder(model=str(make_checkpoint(seed=21)))

    async def ask():
        return await asyncio.gather(*(fresh.aencode_query([f"q {i}"]) for i in range(40)))

    assert len(asyncio.run(ask())) == 40
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: fresh.encode_document([f"d {i}"]), range(32)))
    assert len(loads) == 1
    assert is_loaded(fresh.config)


def test_the_event_loop_stays_free_while_documents_are_embedded(encoder):
    async def ask():
        work = asyncio.create_task(encoder.aencode_document([f"document {i} " * 30 for i in range(400)]))
        ticks = 0
        while not work.done():
            await asyncio.sleep(0.001)
            ticks += 1
        return ticks, await work

    ticks, embeddings = asyncio.run(ask())
    assert len(embeddings) == 400
    assert ticks > 10


def test_a_call_beyond_max_waiting_calls_is_refused_and_the_others_get_their_embeddings(encoder):
    bounded = Qwen3Encoder(encoder.config, max_waiting_calls=5)
    texts = [f"query {i}" for i in range(20)]

    async def ask():
        return await asyncio.gather(*(bounded.aencode_query([text]) for text in texts), return_exceptions=True)

    found = asyncio.run(ask())
    embeddings = [
        (text, embedding) for text, embedding in zip(texts, found, strict=True) if not isinstance(embedding, Exception)
    ]
    refused = [embedding for embedding in found if isinstance(embedding, Exception)]
    assert len(embeddings) >= 5
    assert refused
    assert {type(error) for error in refused} == {OverloadedError}
    for text, embedding in embeddings:
        np.testing.assert_allclose(embedding, encoder.encode_query([text]), atol=1e-6)
    assert len(bounded.encode_query(["afterwards"])) == 1
