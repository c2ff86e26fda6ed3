"""Natural batching: whatever waits shares the next forward pass, and nobody gets another caller's embedding."""

import threading
import time
import weakref
from concurrent.futures import CancelledError, wait
from types import SimpleNamespace

import numpy as np
import pytest

from qwen3_embed_integrations import EncoderClosedError, OverloadedError, TextTooLongError
from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.scheduling import batch_choice as batching
from qwen3_embed_integrations.scheduling import give_way
from qwen3_embed_integrations.scheduling.batcher import Batcher
from qwen3_embed_integrations.scheduling.pending_request import PendingRequest
from qwen3_embed_integrations.scheduling.worker_thread import WorkerThread
from token_embeddings import WIDTH, embeddings_of, expected

HANG_S = 300  # ends a test that hangs; no verdict depends on it


class Gate:
    """A real forward in shape, which waits for a signal and records what it was handed."""

    def __init__(self):
        self.open = threading.Event()
        self.entered = threading.Event()
        self.batches = []

    def __call__(self, batch):
        self.batches.append(batch)
        self.entered.set()
        assert self.open.wait(HANG_S)
        return embeddings_of(batch)


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


def wait_for(condition):
    end = time.monotonic() + HANG_S
    while not condition():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.001)


def n_queued(backend):
    """Count the texts that wait: not those that the forward pass has."""
    return sum(pending.n_waiting for pending in list(backend._batcher._pending))


def occupy(backend, gate):
    """Put one call into the forward pass, so that what follows must wait."""
    first = backend.submit(EmbedRequest(["first"], 100))
    assert gate.entered.wait(HANG_S)
    return first


def test_what_waits_while_a_batch_computes_becomes_one_batch(backend, gate, tokenizer):
    occupy(backend, gate)
    texts = [f"query number {i}" for i in range(50)]
    futures = [backend.submit(EmbedRequest([text], 100)) for text in texts]
    wait_for(lambda: n_queued(backend) == 50)
    gate.open.set()
    embeddings = np.concatenate([future.result(HANG_S).embeddings for future in futures])
    np.testing.assert_array_equal(embeddings, expected(tokenizer, texts))
    assert len(gate.batches) == 2


def test_queries_go_between_the_batches_of_documents(backend, gate):
    documents = backend.submit(EmbedRequest([f"document {i} " * 60 for i in range(200)], 4096))
    assert gate.entered.wait(HANG_S)
    wait_for(lambda: backend._batcher._pending and backend._batcher._pending[0].n_waiting > 150)
    query = backend.submit(EmbedRequest(["a query"], 100))
    wait_for(lambda: len(backend._batcher._pending) == 2)
    gate.open.set()
    query.result(HANG_S)
    assert not documents.done() or len(gate.batches) > 5
    assert any(batch.lengths.min() < 6 for batch in gate.batches[:3])
    assert len(documents.result(HANG_S).embeddings) == 200


def test_a_stream_of_queries_does_not_starve_documents(backend, gate):
    occupy(backend, gate)
    documents = backend.submit(EmbedRequest(["a long document " * 400], 4096))
    queries = [backend.submit(EmbedRequest([f"{'query ' * 300}{i}"], 4096)) for i in range(40)]
    wait_for(lambda: n_queued(backend) == 41)
    gate.open.set()
    for future in (documents, *queries):
        future.result(HANG_S)
    place = next(i for i, batch in enumerate(gate.batches) if batch.lengths.max() > 1000)
    assert place < len(gate.batches) - 2


def test_a_cancelled_call_is_dropped_before_it_is_computed(backend, gate, tokenizer):
    occupy(backend, gate)
    lost = backend.submit(EmbedRequest(["cancelled text"], 100))
    kept = backend.submit(EmbedRequest(["kept text"], 100))
    wait_for(lambda: n_queued(backend) == 2)
    assert lost.cancel()
    gate.open.set()
    np.testing.assert_array_equal(kept.result(HANG_S).embeddings, expected(tokenizer, ["kept text"]))
    assert [len(batch.lengths) for batch in gate.batches] == [1, 1]
    with pytest.raises(CancelledError):
        lost.result(0)


def test_an_error_reaches_exactly_the_callers_of_its_batch(tokenizer):
    def forward(batch):
        if len(batch.input_ids) > 20:
            raise ValueError("broken batch")
        return embeddings_of(batch)

    backend = LocalBackend(tokenizer, forward, 64, WIDTH)
    bad = backend.submit(EmbedRequest(["much too long " * 10], 100))
    with pytest.raises(ValueError, match="broken batch"):
        bad.result(HANG_S)
    assert len(backend.submit(EmbedRequest(["fine"], 100)).result(HANG_S).embeddings) == 1
    backend.close()


def test_callers_of_a_failing_batch_get_an_exception_of_their_own_each(tokenizer, gate):
    class OddError(Exception):
        def __init__(self, *, code):
            super().__init__(f"code {code}")

    first = ValueError("broken", 7)
    first.add_note("seen in the forward pass")
    failures = [first, OddError(code=3)]

    def forward(batch):
        gate(batch)
        if len(gate.batches) % 2:
            return embeddings_of(batch)
        raise failures[len(gate.batches) // 2 - 1]

    backend = LocalBackend(tokenizer, forward, 2048, WIDTH)
    found = []
    for failure in failures:
        gate.open.clear()
        gate.entered.clear()
        occupy(backend, gate)
        futures = [backend.submit(EmbedRequest([f"text {i}"], 100)) for i in range(3)]
        wait_for(lambda: n_queued(backend) == 3)
        gate.open.set()
        found.append([future.exception(HANG_S) for future in futures])
        assert {(type(error), str(error)) for error in found[-1]} == {(type(failure), str(failure))}
    backend.close()
    own, shared = found
    assert len({id(error) for error in own}) == 3
    assert all(error is not first and error.__cause__ is first for error in own)
    own[0].add_note("mine")
    assert [error.__notes__ for error in (*own[1:], first)] == [["seen in the forward pass"]] * 3
    assert set(map(id, shared)) == {id(failures[1])}  # its constructor takes something else than it keeps


def test_out_of_memory_halves_the_budget_and_loses_nothing(tokenizer):
    sizes = []

    def forward(batch):
        sizes.append(len(batch.input_ids))
        if len(batch.input_ids) > 40:
            raise MemoryError("too much")
        return embeddings_of(batch)

    backend = LocalBackend(tokenizer, forward, 2048, WIDTH)
    texts = [f"text {i} of some words" for i in range(60)]
    embeddings = backend.submit(EmbedRequest(texts, 100)).result(HANG_S).embeddings
    np.testing.assert_array_equal(embeddings, expected(tokenizer, texts))
    n_before = len(sizes)
    backend.submit(EmbedRequest([text + "!" for text in texts], 100)).result(HANG_S)
    assert sizes[0] > 40 >= max(sizes[n_before:])
    with pytest.raises(MemoryError, match=r"single text of .* tokens does not fit"):
        backend.submit(EmbedRequest(["word " * 100], 1000)).result(HANG_S)
    backend.close()


def test_halves_are_computed_when_the_failed_batch_is_released(tokenizer):
    class Activations:
        pass

    made, alive = [], []

    def forward(batch):
        held = Activations()
        made.append(weakref.ref(held))
        alive.append(sum(one() is not None for one in made))
        if len(batch.input_ids) > 40:
            raise MemoryError("too much")
        return embeddings_of(batch)

    backend = LocalBackend(tokenizer, forward, 2048, WIDTH)
    texts = [f"text {i} of some words" for i in range(60)]
    backend.submit(EmbedRequest(texts, 100)).result(HANG_S)
    backend.close()
    assert len(alive) > 4
    assert set(alive) == {1}


def test_a_progress_callback_that_fails_fails_its_own_call(backend, gate):
    gate.open.set()

    def broken(n_done):
        raise RuntimeError(f"callback at {n_done}")

    with pytest.raises(RuntimeError, match="callback at 1"):
        backend.submit(EmbedRequest(["a"], 100, on_progress=broken)).result(HANG_S)
    assert len(backend.submit(EmbedRequest(["a"], 100)).result(HANG_S).embeddings) == 1


def test_closing_finishes_what_waits_and_refuses_what_comes_later(backend, gate):
    occupy(backend, gate)
    waiting = [backend.submit(EmbedRequest([f"w {i}"], 100)) for i in range(5)]
    gate.open.set()
    backend.close()
    assert all(future.done() and len(future.result().embeddings) == 1 for future in waiting)
    with pytest.raises(EncoderClosedError):
        backend.submit(EmbedRequest(["late"], 100)).result(HANG_S)


def test_a_batcher_never_computes_a_failed_pending_request(gate):
    batcher = Batcher(gate, 10)
    pending = PendingRequest(EmbedRequest(["x"], 100))
    pending.fail(ValueError("gone"))
    batcher.add(pending, [[1]], 0)
    batcher.close()
    assert not gate.batches


def test_a_batch_of_queries_is_not_filled_up_with_a_part_of_the_documents(backend, gate):
    occupy(backend, gate)
    documents = backend.submit(EmbedRequest([f"document {i} " * 60 for i in range(200)], 4096))
    queries = [backend.submit(EmbedRequest([f"query {i}"], 100)) for i in range(20)]
    wait_for(lambda: n_queued(backend) == 220)
    gate.open.set()
    wait([documents, *queries], HANG_S)
    assert [len(batch.lengths) for batch in gate.batches[:2]] == [1, 20]
    assert min(batch.lengths.min() for batch in gate.batches[2:]) > 60


def test_while_queries_come_a_batch_of_documents_is_soon_over(tokenizer, gate, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    for module in (batching, give_way):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(batching, "_PATIENCE_S", 0.05)
    sizes = []

    def forward(batch):
        sizes.append(len(batch.input_ids))
        embeddings = gate(batch)
        clock.now += len(batch.input_ids) / 80_000  # a full batch takes 0.1 s
        return embeddings

    backend = LocalBackend(tokenizer, forward, 8000, WIDTH)
    texts = [f"document {i} " * 100 for i in range(100)]
    gate.open.set()
    backend.submit(EmbedRequest(texts, 4096)).result(HANG_S)
    assert max(sizes) > 7000
    gate.open.clear()
    gate.entered.clear()
    documents = backend.submit(EmbedRequest([text + "again" for text in texts], 4096))
    assert gate.entered.wait(HANG_S)
    n_begun, n_left = len(sizes), n_queued(backend)
    query = backend.submit(EmbedRequest(["a query"], 100))
    wait_for(lambda: n_queued(backend) == n_left + 1)
    gate.open.set()
    wait([documents, query], HANG_S)
    assert max(sizes[n_begun:]) <= 4000
    backend.close()


def test_closing_in_the_middle_of_a_long_call_loses_none_of_it(backend, gate, tokenizer):
    gate.open.set()
    texts = [f"text {i}" for i in range(3000)]  # a dozen windows: the later ones are not tokenised yet
    future = backend.submit(EmbedRequest(texts, 100))
    backend.close()
    np.testing.assert_array_equal(future.result(0).embeddings, expected(tokenizer, texts))


def test_of_a_long_call_only_a_part_waits_as_token_ids(backend, gate, tokenizer):
    occupy(backend, gate)
    texts = [f"text {i} " + "word " * 30 for i in range(6000)]
    future = backend.submit(EmbedRequest(texts, 100))
    wait_for(lambda: any(pending.more for pending in backend._batcher._pending))  # no more is asked for
    (pending,) = (pending for pending in backend._batcher._pending if pending.more)
    assert pending.n_waiting < len(texts) / 3
    gate.open.set()
    np.testing.assert_array_equal(future.result(HANG_S).embeddings, expected(tokenizer, texts))


def test_a_long_text_at_the_end_of_a_call_is_refused_before_the_others_are_computed(backend, gate):
    occupy(backend, gate)
    texts = [f"text {i} " + "word " * 30 for i in range(6000)]
    future = backend.submit(EmbedRequest([*texts, "word " * 200], 100, "error"))
    with pytest.raises(TextTooLongError):
        future.result(HANG_S)
    assert len(gate.batches) == 1


def test_calls_that_race_with_closing_end_one_way_or_the_other(tokenizer):
    for _ in range(30):
        backend = LocalBackend(tokenizer, embeddings_of, 2048, WIDTH)
        backend.submit(EmbedRequest(["first"], 100)).result(HANG_S)
        closing = threading.Thread(target=backend.close)
        closing.start()
        futures = [backend.submit(EmbedRequest([f"text {i}"], 100)) for i in range(20)]
        assert not wait(futures, HANG_S).not_done
        closing.join()
        assert all(isinstance(future.exception(), EncoderClosedError | None) for future in futures)


def test_discarding_drops_what_waits_after_the_running_batch(backend, gate):
    occupy(backend, gate)
    waiting = [backend.submit(EmbedRequest([f"text {i} {j}" for j in range(300)], 100)) for i in range(3)]
    wait_for(lambda: n_queued(backend) == 900)  # all windows tokenised
    closing = threading.Thread(target=backend.close, kwargs={"discard": True})
    closing.start()
    wait_for(lambda: backend._batcher._closed)
    gate.open.set()
    closing.join()
    assert not any(future.done() for future in waiting)
    assert len(gate.batches) == 1


def test_one_call_too_many_is_refused_at_once_and_room_is_made_by_results_and_by_cancelling(backend, gate):
    first = occupy(backend, gate)
    second = backend.submit(EmbedRequest(["second"], 100, max_waiting=2))
    with pytest.raises(OverloadedError, match=r"2 calls wait.*max_waiting_calls is 2.*raise max_waiting_calls"):
        backend.submit(EmbedRequest(["third"], 100, max_waiting=2))
    assert second.cancel()
    again = backend.submit(EmbedRequest(["again"], 100, max_waiting=2))
    gate.open.set()
    wait([first, again], HANG_S)
    assert backend.submit(EmbedRequest(["alone"], 100, max_waiting=1)).result(HANG_S)


def test_an_error_that_is_no_exception_leaves_nobody_waiting(tokenizer):
    def forward(batch):
        if len(batch.input_ids) > 5:
            raise SystemExit("asked to stop")
        return embeddings_of(batch)

    backend = LocalBackend(tokenizer, forward, 64, WIDTH)
    with pytest.raises(SystemExit):
        backend.submit(EmbedRequest(["long " * 10], 100)).result(HANG_S)
    assert len(backend.submit(EmbedRequest(["a"], 100)).result(HANG_S).embeddings) == 1
    backend.close()


def test_a_stream_runs_what_its_last_tasks_queue_before_it_ends():
    stream, done = WorkerThread("test"), []

    def count(n):
        done.append(n)
        time.sleep(0.01)
        if n:
            stream.submit(lambda: count(n - 1))

    stream.submit(lambda: count(5))
    stream.close()
    assert done == [5, 4, 3, 2, 1, 0]
    stream.submit(lambda: done.append("new"))
    stream.close()
    assert done[-1] == "new"
