"""A long batch gives way to small requests in its middle, and keeps half of the time."""

from types import SimpleNamespace

import pytest

from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.scheduling import give_way
from qwen3_embed_integrations.scheduling.worker_thread import thread_pause
from token_embeddings import WIDTH, embeddings_of, expected

HANG_S = 60


@pytest.fixture(scope="module")
def tokenizer():
    from checkpoints import TINY

    return TextTokenizer(TINY)


def test_a_query_is_done_in_the_middle_of_a_batch_and_both_have_their_embeddings(tokenizer):
    backend, found = None, []

    def forward(batch):
        if len(batch.input_ids) > 500 and not found:
            query = backend.submit(EmbedRequest(["a query"], 100))
            while not query.done():  # the batch is not over before
                thread_pause()()
            found.append(query.result())
        return embeddings_of(batch)

    backend = LocalBackend(tokenizer, forward, 1000, WIDTH)
    texts = [f"document {i} " * 20 for i in range(40)]
    documents = backend.submit(EmbedRequest(texts, 4096)).result(HANG_S)
    backend.close()
    assert (found[0].embeddings == expected(tokenizer, ["a query"])).all()
    assert (documents.embeddings == expected(tokenizer, texts)).all()


def test_a_batch_of_small_requests_gives_no_way(tokenizer):
    sizes = []

    def forward(batch):
        thread_pause()()
        sizes.append(len(batch.lengths))
        return embeddings_of(batch)

    backend = LocalBackend(tokenizer, forward, 1000, WIDTH)
    futures = [backend.submit(EmbedRequest([f"query {i}"], 100)) for i in range(20)]
    assert [future.result(HANG_S).embeddings.shape for future in futures] == [(1, WIDTH)] * 20
    backend.close()
    assert sum(sizes) == 20


def test_half_of_the_time_stays(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(give_way, "time", SimpleNamespace(monotonic=lambda: clock.now))
    way = give_way.GiveWay()
    clock.now = 1.0
    assert way.reached()
    with way.taking():
        clock.now = 4.0
    assert not way.reached()
    clock.now = 6.0
    assert way.reached()


def test_a_batch_is_as_long_as_it_takes_itself_or_25_of_its_longest_stretches(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(give_way, "time", SimpleNamespace(monotonic=lambda: clock.now))
    way = give_way.GiveWay()
    clock.now = 10.0
    assert way.seconds() == 10
    way = give_way.GiveWay()
    for clock.now in (10.5, 11.0, 11.2):
        way.reached()
    with way.taking():
        clock.now = 20.0
    assert way.seconds() == 25 * 0.5
