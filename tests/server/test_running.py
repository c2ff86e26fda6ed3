"""The queue is bounded, and nothing is computed for a client that went away."""

import socket
import threading
import time

import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.registry import load_backend
from qwen3_embed_integrations.server.errors import ApiError
from qwen3_embed_integrations.server.running import WaitingQueue
from served import HANG_S, serving


@pytest.fixture
def held(monkeypatch):
    """Hold the forward pass of tiny from `hold` until `release`; keep the batches that entered it meanwhile."""
    from qwen3_embed_integrations import Qwen3Encoder

    batcher = load_backend(Qwen3Encoder(model="tiny").load().config)._batcher
    forward, gate = batcher._forward, threading.Event()
    gate.set()

    class Held:
        def __init__(self):
            self.batches = []

        entered = threading.Event()
        release, hold = gate.set, gate.clear

        def __call__(self, batch):
            if gate.is_set() and not self.entered.is_set():
                return forward(batch)
            self.batches.append(batch)
            self.entered.set()
            assert gate.wait(HANG_S)
            return forward(batch)

    one = Held()
    monkeypatch.setattr(batcher, "_forward", one)
    yield one
    gate.set()


def wait_until(condition):
    end = time.monotonic() + HANG_S
    while not condition():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.002)


def test_a_request_beyond_the_queue_is_429_with_retry_after_and_the_others_are_answered(held):
    with serving_two() as small:
        held.hold()
        found = []
        ask = [
            threading.Thread(target=lambda i=i: found.append(small.post("/v1/embeddings", {"input": f"text {i}"})))
            for i in range(2)
        ]
        for thread in ask:
            thread.start()
        wait_until(lambda: small.server.service.queue.n_requests == 2)
        refused = small.post("/v1/embeddings", {"input": "one more"})
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert int(refused.headers["retry-after"]) >= 1
        held.release()
        for thread in ask:
            thread.join()
        assert [answer.status_code for answer in found] == [200, 200]
        assert small.server.service.queue.n_requests == small.server.service.queue.n_bytes == 0


def serving_two():
    return serving(EncoderConfig(model="tiny"), max_queued_requests=2)


def test_a_client_that_goes_away_leaves_the_queue_and_is_never_computed(served, held):
    queue = served.server.service.queue
    held.hold()
    blocker = threading.Thread(target=lambda: served.post("/v1/embeddings", {"input": "first"}))
    blocker.start()
    assert held.entered.wait(HANG_S)
    body = b'{"input": "never computed, as its client is gone"}'
    head = f"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(served.server.address, HANG_S) as connection:
        connection.sendall(head.encode() + body)
        wait_until(lambda: queue.n_requests == 2)
    wait_until(lambda: queue.n_requests == 1)
    held.release()
    blocker.join()
    served.post("/v1/embeddings", {"input": "last"})
    assert sum(len(batch.lengths) for batch in held.batches) == 2


def test_an_answer_that_takes_too_long_is_504(held):
    with serving(EncoderConfig(model="tiny"), answer_timeout_s=0.2) as hasty:
        held.hold()
        answer = hasty.post("/v1/embeddings", {"input": "slow"})
        held.release()
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timeout")


def test_the_queue_counts_text_and_lets_a_lone_large_request_in():
    queue = WaitingQueue(10, 100)
    with queue.place(1000):
        with pytest.raises(ApiError) as caught, queue.place(1):
            pass
        assert caught.value.status == 429
    with queue.place(60), queue.place(40):
        assert (queue.n_requests, queue.n_bytes) == (2, 100)
    assert queue.n_bytes == 0


def test_retry_after_grows_with_what_waits_up_to_a_minute():
    waits = []
    for size in (1, 100_000, 10**8):
        queue = WaitingQueue(10, 10**9)
        with queue.place(size):
            waits.append(queue.retry_after_s())
    assert waits[0] == 1
    assert waits[0] < waits[1] <= waits[2] == 60


def test_drain_finishes_what_has_begun(held):
    found = []
    with serving(EncoderConfig(model="tiny")) as ending:
        held.hold()
        asking = threading.Thread(target=lambda: found.append(ending.post("/v1/embeddings", {"input": "begun"})))
        asking.start()
        assert held.entered.wait(HANG_S)
        ending.server.should_exit = True
        wait_until(lambda: not ending.server.servers[0].is_serving())
        held.release()
        asking.join()
    assert found[0].status_code == 200
