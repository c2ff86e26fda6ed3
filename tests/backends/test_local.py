"""Streams: much work is split over threads, little is computed by all of them together; shared prefixes."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from checkpoints import TINY
from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.protocols import EmbedRequest, Streams
from token_embeddings import WIDTH, embeddings_of, expected

HANG_S = 300  # ends a test that hangs; no verdict depends on it


@pytest.fixture(scope="module")
def tokenizer():
    return TextTokenizer(TINY)


class Crowd:
    """A forward pass whose first `n_meeting` batches wait for each other, and that records who shares the threads."""

    def __init__(self, n_meeting=1):
        self._meeting = threading.Barrier(n_meeting, timeout=HANG_S)
        self.sharers = []
        self.streams = Streams(3, self.sharers.append)
        self.sizes = []
        self._lock = threading.Lock()

    def __call__(self, batch):
        with self._lock:
            self.sizes.append(len(batch.input_ids))
            meets = len(self.sizes) <= self._meeting.parties
        if meets:
            self._meeting.wait()
        return embeddings_of(batch)


def test_much_work_is_split_over_the_streams_and_little_is_computed_alone(tokenizer):
    crowd = Crowd(n_meeting=3)
    backend = LocalBackend(tokenizer, crowd, 200, WIDTH, crowd.streams)
    texts = [f"document {i} of a few words more" for i in range(300)]
    embeddings = backend.submit(EmbedRequest(texts, 100)).result(HANG_S).embeddings
    np.testing.assert_array_equal(embeddings, expected(tokenizer, texts))
    assert crowd.sharers[:3] == [3, 3, 3]  # they met; the rest at the end may have been little
    assert max(crowd.sizes) <= 200
    crowd.sharers.clear()
    backend.submit(EmbedRequest(["a query"], 100)).result(HANG_S)
    backend.submit(EmbedRequest(["a single long document " * 50], 4096)).result(HANG_S)
    assert crowd.sharers == [1, 1]
    backend.close()


@pytest.mark.parametrize(("n_short", "shares"), [(20, True), (200, True), (20, False)])
def test_a_text_that_outlasts_all_others_is_computed_alone_and_first(tokenizer, n_short, shares):
    sharers, sizes = [], []

    def forward(batch):
        sizes.append(len(batch.input_ids))
        return embeddings_of(batch)

    backend = LocalBackend(tokenizer, forward, 200, WIDTH, Streams(2, sharers.append, shares=shares))
    texts = [f"document {i} of a few words more" for i in range(n_short)]
    texts.insert(7, "a single long document " * 100)
    (n_long,) = map(len, tokenizer.tokenize([texts[7]]))
    embeddings = backend.submit(EmbedRequest(texts, 4096)).result(HANG_S).embeddings
    backend.close()
    np.testing.assert_array_equal(embeddings, expected(tokenizer, texts))
    if n_short == 20 and shares:
        assert (sharers[0], sizes[0]) == (1, n_long)
    assert len(sizes) > 1
    assert sharers[:-1].count(1) == (n_short == 20 and shares)  # the last batch may be little


def test_streams_lose_nothing_when_callers_come_one_by_one(tokenizer):
    crowd = Crowd()
    backend = LocalBackend(tokenizer, crowd, 64, WIDTH, crowd.streams)
    texts = [f"query {i} {'word ' * (i % 13)}" for i in range(200)]
    with ThreadPoolExecutor(16) as pool:
        embeddings = list(
            pool.map(lambda text: backend.submit(EmbedRequest([text], 100)).result(HANG_S).embeddings, texts)
        )
    np.testing.assert_array_equal(np.concatenate(embeddings), expected(tokenizer, texts))
    backend.close()


def test_texts_of_one_prompt_share_its_ids_and_others_keep_theirs(tokenizer):
    seen = []

    def forward(batch):
        seen.append(batch.prefix)
        return embeddings_of(batch.without_prefix())

    backend = LocalBackend(tokenizer, forward, 2048, WIDTH)
    prompt = "Instruct: find what answers the question\nQuery:"
    texts = [prompt + "one", prompt + "two words", "no prompt at all", prompt]
    embeddings = backend.submit(EmbedRequest(texts, 100, shared_prefix=prompt)).result(HANG_S).embeddings
    np.testing.assert_array_equal(embeddings, expected(tokenizer, texts))
    (shared,) = {prefix for prefix in seen if prefix}
    assert list(shared) == tokenizer.tokenize([prompt])[0][:-2]
    assert () in seen
    backend.close()


def test_only_the_first_stream_ever_computes_with_all_threads(tokenizer):
    alone = set()

    def enter(n_sharing):
        if n_sharing == 1:
            alone.add(threading.current_thread().name)

    backend = LocalBackend(tokenizer, embeddings_of, 200, WIDTH, Streams(3, enter))
    for i in range(100):
        backend.submit(EmbedRequest([f"query {i}"], 100)).result(HANG_S)
    assert alone == {"qwen3-embed-forward-0"}
    backend.close()


def test_closing_while_a_stream_has_all_threads_loses_nothing(tokenizer):
    for _ in range(10):
        crowd = Crowd()
        backend = LocalBackend(tokenizer, crowd, 200, WIDTH, crowd.streams)
        held = threading.Event()
        for stream in backend._batcher._threads[1:]:
            stream.submit(held.wait)
        alone = backend.submit(EmbedRequest(["a query"], 100))
        while not crowd.sizes:
            time.sleep(0.001)
        texts = [f"document {i} of a few words more" for i in range(60)]
        waiting = backend.submit(EmbedRequest(texts, 100))
        held.set()
        backend.close()
        assert len(alone.result(0).embeddings) == 1
        np.testing.assert_array_equal(waiting.result(0).embeddings, expected(tokenizer, texts))


def test_a_query_is_tokenised_between_the_slices_of_documents_and_windows_stay_whole():
    entered, submitted, order, windows = threading.Event(), threading.Event(), [], []

    class Waiting(TextTokenizer):
        """Whose first slice of documents waits until the query is there."""

        def tokenize(self, texts):
            order.append(len(texts))
            if len(texts) > 1 and not entered.is_set():
                entered.set()
                assert submitted.wait(HANG_S)
            return super().tokenize(texts)

    tokenizer = Waiting(TINY)
    backend = LocalBackend(tokenizer, embeddings_of, 1 << 20, WIDTH)
    add = backend._batcher.add
    backend._batcher.add = lambda pending, ids, *others: (windows.append(len(ids)), add(pending, ids, *others))
    texts = [f"document {i} " * 30 for i in range(300)]
    documents = backend.submit(EmbedRequest(texts, 4096))
    assert entered.wait(HANG_S)
    query = backend.submit(EmbedRequest(["a query"], 100))
    submitted.set()
    np.testing.assert_array_equal(query.result(HANG_S).embeddings, expected(tokenizer, ["a query"]))
    np.testing.assert_array_equal(documents.result(HANG_S).embeddings, expected(tokenizer, texts))
    backend.close()
    assert order.index(1) == 1
    assert windows == [1, 256, 44]
