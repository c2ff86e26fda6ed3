"""The seam of tracing: each observer of a batch is told once, and nobody where nobody observes."""

from contextlib import contextmanager

from qwen3_embed_integrations.core.observation import (
    HttpTry,
    ObservedBatch,
    observed_forward,
    observed_request,
    observed_step,
    observed_try,
)


class Noting:
    """A CallObserver that keeps what it is told."""

    def __init__(self):
        self.told = []

    def dequeued(self):
        self.told.append("dequeued")

    @contextmanager
    def step(self, name):
        self.told.append(name)
        yield

    @contextmanager
    def batch(self, batch):
        self.told.append(batch)
        yield

    @contextmanager
    def http_try(self, url, n_failed):
        self.told.append((url, n_failed))
        yield HttpTry({"traceparent": "00-1-2-01"})


def test_the_first_of_several_calls_gets_the_batch_and_the_others():
    first, second = Noting(), Noting()
    with observed_forward([first, None, second, first], n_texts=4, n_tokens=40, max_tokens=64):
        pass
    assert first.told == ["dequeued", ObservedBatch("forward", 4, 40, 64, (second,))]
    assert second.told == ["dequeued"]


def test_a_request_and_its_tries_are_told_to_the_call():
    one = Noting()
    with observed_step(one, "tokenize"), observed_request(one, 2, 20, 64), observed_try(one, "http://a", 1) as sent:
        assert sent.headers == {"traceparent": "00-1-2-01"}
    assert one.told == ["tokenize", ObservedBatch("request", 2, 20, 64), "dequeued", ("http://a", 1)]


def test_nothing_happens_where_nobody_observes():
    with (
        observed_step(None, "tokenize"),
        observed_forward([None, None], n_texts=2, n_tokens=2, max_tokens=8),
        observed_request(None, 1, 1, 8),
        observed_try(None, "http://a", 0) as sent,
    ):
        assert sent == HttpTry({}, None)
