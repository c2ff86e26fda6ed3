"""One encoder, many callers: threads and event loops share forward passes, and everybody gets their own embeddings."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qwen3_embed_integrations import OverloadedError, Qwen3Encoder
from qwen3_embed_integrations.backends.registry import is_loaded, load_backend

HANG_S = 300  # ends a test that hangs; no verdict depends on it


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


class Held:
    """The encoder's own forward pass, which waits until `release` is called."""

    def __init__(self, encoder, monkeypatch):
        batcher = load_backend(encoder.config)._batcher
        self._forward = batcher._forward
        self._open = threading.Event()
        self.entered = threading.Event()
        self.release = self._open.set
        monkeypatch.setattr(batcher, "_forward", self)

    def __call__(self, batch):
        self.entered.set()
        assert self._open.wait(HANG_S), "never released"
        return self._forward(batch)


def test_the_event_loop_runs_while_documents_are_embedded(encoder, monkeypatch):
    held = Held(encoder, monkeypatch)

    async def ask():
        work = asyncio.create_task(encoder.aencode_document([f"document {i} " * 30 for i in range(400)]))
        while not held.entered.is_set():  # noqa: ASYNC110 - set by the worker thread
            await asyncio.sleep(0)
        for _ in range(100):  # turns of the loop, all of them while a batch computes
            await asyncio.sleep(0)
        assert not work.done()
        held.release()
        return await work

    assert len(asyncio.run(ask())) == 400


def test_a_call_beyond_max_waiting_calls_is_refused_and_the_others_get_their_embeddings(encoder, monkeypatch):
    bounded = Qwen3Encoder(encoder.config, max_waiting_calls=5)
    texts = [f"query {i}" for i in range(20)]
    singles = np.concatenate([encoder.encode_query([text]) for text in texts])
    held = Held(encoder, monkeypatch)

    async def ask():
        tasks = [asyncio.create_task(bounded.aencode_query([text])) for text in texts]
        while sum(task.done() for task in tasks) < 15:  # noqa: ASYNC110 - 15 are refused, the others are held
            await asyncio.sleep(0)
        held.release()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(ask())
    assert [isinstance(one, OverloadedError) for one in found] == [False] * 5 + [True] * 15
    np.testing.assert_allclose(np.concatenate(found[:5]), singles[:5], atol=1e-6)
    assert len(bounded.encode_query(["afterwards"])) == 1
