"""The seam of tracing: each observer is told, and nobody where nobody observes."""

from contextlib import contextmanager

from qwen3_embed_integrations.core.observation import (
    HttpTry,
    ObservedBatch,
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


def test_a_request_and_its_tries_are_told_to_the_call():
    one = Noting()
    with observed_step(one, "tokenize"), observed_request(one, 2, 20, 64), observed_try(one, "http://a", 1) as sent:
        assert sent.headers == {"traceparent": "00-1-2-01"}
    assert one.told == ["tokenize", ObservedBatch("request", 2, 20, 64), "dequeued", ("http://a", 1)]


def test_nothing_happens_where_nobody_observes():
    with (
        observed_step(None, "tokenize"),
        observed_request(None, 1, 1, 8),
        observed_try(None, "http://a", 0) as sent,
    ):
        assert sent == HttpTry({}, None)
