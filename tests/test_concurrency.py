"""Natural batching: whatever waits shares the next forward pass, and nobody gets another caller's row."""

import asyncio
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor

import numpy as np
import pytest

from qwen3_embed_integrations import EncoderClosedError, Qwen3Encoder
from qwen3_embed_integrations.backends import Request, is_loaded
from qwen3_embed_integrations.backends.base import Lanes
from qwen3_embed_integrations.backends.batching import Batcher
from qwen3_embed_integrations.backends.job import Job
from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.backends.tokens import TextTokenizer

WIDTH = 3


def rows_of(batch):
    """A forward pass whose row tells the sequence's first id, length and id sum."""
    parts = np.split(batch.input_ids, batch.cu_seqlens[1:-1])
    return np.array([[ids[0], len(ids), ids.sum()] for ids in parts], dtype=np.float32)


class Gate:
    """A real forward in shape, which waits for a signal and records what it was handed."""

    def __init__(self):
        self.open = threading.Event()
        self.entered = threading.Event()
        self.batches = []

    def __call__(self, batch):
        self.batches.append(batch)
        self.entered.set()
        self.open.wait(10)
        return rows_of(batch)


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture(scope="module")
def tokenizer():
    from checkpoints import TINY

    return TextTokenizer(TINY)


@pytest.fixture
def backend(tokenizer, gate):
    backend = LocalBackend(tokenizer, gate, 2048, WIDTH)
    yield backend
    gate.open.set()
    backend.close()


def expected(tokenizer, texts):
    return np.array([[ids[0], len(ids), sum(ids)] for ids in tokenizer.tokenize(texts)], dtype=np.float32)


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("never happened")


def occupy(backend, gate):
    """Puts one call into the forward pass, so that what follows must wait."""
    first = backend.submit(Request(["first"], 100))
    assert gate.entered.wait(10)
    return first


def test_what_waits_while_a_batch_computes_becomes_one_batch(backend, gate, tokenizer):
    occupy(backend, gate)
    texts = [f"query number {i}" for i in range(50)]
    futures = [backend.submit(Request([text], 100)) for text in texts]
    wait_for(lambda: len(backend._batcher._jobs) >= 50)
    gate.open.set()
    rows = np.concatenate([future.result(10).rows for future in futures])
    np.testing.assert_array_equal(rows, expected(tokenizer, texts))
    assert len(gate.batches) == 2


def test_queries_go_between_the_batches_of_documents(backend, gate):
    documents = backend.submit(Request([f"document {i} " * 60 for i in range(200)], 4096))
    assert gate.entered.wait(10)
    wait_for(lambda: backend._batcher._jobs and backend._batcher._jobs[0].n_waiting > 150)
    query = backend.submit(Request(["a query"], 100))
    wait_for(lambda: len(backend._batcher._jobs) == 2)
    gate.open.set()
    query.result(10)
    assert not documents.done() or len(gate.batches) > 5
    assert any(batch.lengths.min() < 6 for batch in gate.batches[:3])
    assert len(documents.result(10).rows) == 200


def test_a_stream_of_queries_does_not_starve_documents(backend, gate):
    occupy(backend, gate)
    documents = backend.submit(Request(["a long document " * 400], 4096))
    queries = [backend.submit(Request([f"{'query ' * 300}{i}"], 4096)) for i in range(40)]
    wait_for(lambda: len(backend._batcher._jobs) >= 41)
    gate.open.set()
    for future in (documents, *queries):
        future.result(10)
    place = next(i for i, batch in enumerate(gate.batches) if batch.lengths.max() > 1000)
    assert place < len(gate.batches) - 2


def test_a_cancelled_call_is_dropped_before_it_is_computed(backend, gate, tokenizer):
    occupy(backend, gate)
    lost = backend.submit(Request(["cancelled text"], 100))
    kept = backend.submit(Request(["kept text"], 100))
    wait_for(lambda: len(backend._batcher._jobs) >= 2)
    assert lost.cancel()
    gate.open.set()
    np.testing.assert_array_equal(kept.result(10).rows, expected(tokenizer, ["kept text"]))
    assert [len(batch.lengths) for batch in gate.batches] == [1, 1]
    with pytest.raises(CancelledError):
        lost.result(0)


def test_an_error_reaches_exactly_the_callers_of_its_batch(tokenizer):
    def forward(batch):
        if len(batch.input_ids) > 20:
            raise ValueError("broken batch")
        return rows_of(batch)

    backend = LocalBackend(tokenizer, forward, 64, WIDTH)
    bad = backend.submit(Request(["much too long " * 10], 100))
    with pytest.raises(ValueError, match="broken batch"):
        bad.result(10)
    assert len(backend.submit(Request(["fine"], 100)).result(10).rows) == 1
    backend.close()


def test_out_of_memory_halves_the_budget_and_loses_nothing(tokenizer):
    sizes = []

    def forward(batch):
        sizes.append(len(batch.input_ids))
        if len(batch.input_ids) > 40:
            raise MemoryError("too much")
        return rows_of(batch)

    backend = LocalBackend(tokenizer, forward, 2048, WIDTH)
    texts = [f"text {i} of some words" for i in range(60)]
    rows = backend.submit(Request(texts, 100)).result(10).rows
    np.testing.assert_array_equal(rows, expected(tokenizer, texts))
    n_before = len(sizes)
    backend.submit(Request([text + "!" for text in texts], 100)).result(10)
    assert sizes[0] > 40 >= max(sizes[n_before:])
    with pytest.raises(MemoryError, match=r"single text of .* tokens does not fit"):
        backend.submit(Request(["word " * 100], 1000)).result(10)
    backend.close()


def test_a_progress_callback_that_fails_fails_its_own_call(backend, gate):
    gate.open.set()

    def broken(n_done):
        raise RuntimeError(f"callback at {n_done}")

    with pytest.raises(RuntimeError, match="callback at 1"):
        backend.submit(Request(["a"], 100, on_progress=broken)).result(10)
    assert len(backend.submit(Request(["a"], 100)).result(10).rows) == 1


def test_closing_finishes_what_waits_and_refuses_what_comes_later(backend, gate):
    occupy(backend, gate)
    waiting = [backend.submit(Request([f"w {i}"], 100)) for i in range(5)]
    gate.open.set()
    backend.close()
    assert all(future.done() and len(future.result().rows) == 1 for future in waiting)
    with pytest.raises(EncoderClosedError):
        backend.submit(Request(["late"], 100)).result(10)


def test_a_batcher_never_computes_a_failed_job(gate):
    batcher = Batcher(gate, 10)
    job = Job(Request(["x"], 100))
    job.fail(ValueError("gone"))
    batcher.add(job, [[1]], 0)
    batcher.close()
    assert not gate.batches


class Crowd:
    """A forward pass that records how many of it run at once, and as how many sharers they entered."""

    def __init__(self):
        self.sharers = []
        self.lanes = Lanes(3, self.sharers.append)
        self.sizes, self.most = [], 0
        self._running = 0
        self._lock = threading.Lock()

    def __call__(self, batch):
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
            self.sizes.append(len(batch.input_ids))
        time.sleep(0.02)
        with self._lock:
            self._running -= 1
        return rows_of(batch)


def test_much_work_is_split_over_the_lanes_and_little_is_computed_alone(tokenizer):
    crowd = Crowd()
    backend = LocalBackend(tokenizer, crowd, 200, WIDTH, crowd.lanes)
    texts = [f"document {i} of a few words more" for i in range(300)]
    rows = backend.submit(Request(texts, 100)).result(10).rows
    np.testing.assert_array_equal(rows, expected(tokenizer, texts))
    assert crowd.most == 3
    assert set(crowd.sharers) == {3}
    assert max(crowd.sizes) <= 200
    crowd.sharers.clear()
    backend.submit(Request(["a query"], 100)).result(10)
    backend.submit(Request(["a single long document " * 50], 4096)).result(10)
    assert crowd.sharers == [1, 1]
    backend.close()


def test_lanes_lose_nothing_when_callers_come_one_by_one(tokenizer):
    crowd = Crowd()
    backend = LocalBackend(tokenizer, crowd, 64, WIDTH, crowd.lanes)
    texts = [f"query {i} {'word ' * (i % 13)}" for i in range(200)]
    with ThreadPoolExecutor(16) as pool:
        rows = list(pool.map(lambda text: backend.submit(Request([text], 100)).result(30).rows, texts))
    np.testing.assert_array_equal(np.concatenate(rows), expected(tokenizer, texts))
    backend.close()


def test_texts_of_one_prompt_share_its_ids_and_others_keep_theirs(tokenizer):
    seen = []

    def forward(batch):
        seen.append(batch.prefix)
        return rows_of(batch.without_prefix())

    backend = LocalBackend(tokenizer, forward, 2048, WIDTH)
    prompt = "Instruct: find what answers the question\nQuery:"
    texts = [prompt + "one", prompt + "two words", "no prompt at all", prompt]
    rows = backend.submit(Request(texts, 100, shared_prefix=prompt)).result(10).rows
    np.testing.assert_array_equal(rows, expected(tokenizer, texts))
    (shared,) = {prefix for prefix in seen if prefix}
    assert list(shared) == tokenizer.tokenize([prompt])[0][:-2]
    assert () in seen
    backend.close()


@pytest.fixture(scope="module")
def encoder(checkpoint):
    return Qwen3Encoder(model=str(checkpoint)).load()


def test_500_concurrent_async_queries_equal_their_single_calls(encoder):
    texts = [f"query {i} {'word ' * (i % 17)}" for i in range(500)]
    singles = np.concatenate([encoder.encode_query([text]) for text in texts])

    async def ask():
        return await asyncio.gather(*(encoder.aencode_query([text]) for text in texts))

    assert np.abs(np.concatenate(asyncio.run(ask())) - singles).max() <= 1e-6


def test_64_threads_get_their_own_rows(encoder):
    texts = [f"text {i} {'word ' * (i % 23)}" for i in range(256)]
    singles = encoder.encode_document(texts)
    with ThreadPoolExecutor(64) as pool:
        rows = list(pool.map(lambda text: encoder.encode_document([text]), texts))
    assert np.abs(np.concatenate(rows) - singles).max() <= 1e-6


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
    for row, single in zip(results[1::2], singles[1::2], strict=True):
        np.testing.assert_allclose(row[0], single, atol=1e-6)


def test_async_twins_equal_their_sync_ones(encoder):
    texts = [f"text {i}" for i in range(100)]

    async def ask():
        return await encoder.aencode_document(texts), await encoder.aencode_query(texts[:2], task="sts")

    documents, queries = asyncio.run(ask())
    np.testing.assert_allclose(documents, encoder.encode_document(texts), atol=1e-6)
    np.testing.assert_allclose(queries, encoder.encode_query(texts[:2], task="sts"), atol=1e-6)


def test_one_model_is_loaded_once_under_concurrency(make_checkpoint, monkeypatch):
    from qwen3_embed_integrations.backends import torch as runtime

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

    ticks, rows = asyncio.run(ask())
    assert len(rows) == 400
    assert ticks > 10
