"""Two batches in flight: the next is submitted before one is collected, and each error finds its callers."""

import threading

import numpy as np
import pytest

from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.scheduling.computation import Computation
from qwen3_embed_integrations.scheduling.give_way import GiveWay
from qwen3_embed_integrations.scheduling.pending_request import PendingRequest, Sequence
from token_embeddings import WIDTH, embeddings_of, expected

HANG_S = 300


class Device:
    """A device that computes by itself; it notes what is submitted and collected, in order."""

    def __init__(self, most_tokens=10**9):
        self.events = []
        self.open = threading.Event()
        self.open.set()
        self.most_tokens = most_tokens
        self.broken = None

    def __call__(self, batch):
        return self.submit(batch)()

    def submit(self, batch):
        number = sum(name == "submit" for name, _ in self.events)
        self.events.append(("submit", number))
        if len(batch.input_ids) > self.most_tokens:
            raise MemoryError("no room")

        def collect():
            assert self.open.wait(HANG_S)
            self.events.append(("collect", number))
            if number == self.broken:
                raise ValueError("an asynchronous error")
            return embeddings_of(batch)

        return collect


@pytest.fixture(scope="module")
def tokenizer():
    from checkpoints import TINY

    return TextTokenizer(TINY)


TEXTS = [f"text number {i} " * 3 for i in range(60)]


def run(tokenizer, device, texts=TEXTS):
    backend = LocalBackend(tokenizer, device, 64, WIDTH)
    try:
        return backend.submit(EmbedRequest(texts, 200)).result(HANG_S).embeddings
    finally:
        backend.close()


def test_the_next_batch_is_submitted_before_one_is_collected(tokenizer):
    device = Device()
    np.testing.assert_array_equal(run(tokenizer, device), expected(tokenizer, TEXTS))
    order = [event for event in device.events if event[1] < 4]
    assert order[:5] == [("submit", 0), ("submit", 1), ("collect", 0), ("submit", 2), ("collect", 1)]
    n_submitted = [sum(name == "submit" for name, _ in device.events[:end]) for end in range(len(device.events))]
    n_collected = [sum(name == "collect" for name, _ in device.events[:end]) for end in range(len(device.events))]
    assert max(a - b for a, b in zip(n_submitted, n_collected, strict=True)) == 2


def test_a_lone_call_is_collected_without_a_second_one(tokenizer):
    device = Device()
    np.testing.assert_array_equal(run(tokenizer, device, ["one"]), expected(tokenizer, ["one"]))
    assert device.events == [("submit", 0), ("collect", 0)]


def test_memory_used_up_at_submission_halves_and_loses_nothing(tokenizer):
    device = Device(most_tokens=30)
    np.testing.assert_array_equal(run(tokenizer, device), expected(tokenizer, TEXTS))


def test_an_asynchronous_error_reaches_the_callers_of_its_batch_alone(tokenizer):
    device = Device()
    device.broken = 0
    backend = LocalBackend(tokenizer, device, 64, WIDTH)
    device.open.clear()
    first = backend.submit(EmbedRequest(TEXTS[:1], 200))
    others = [backend.submit(EmbedRequest([text], 200)) for text in TEXTS[1:9]]
    device.open.set()
    with pytest.raises(ValueError, match="asynchronous"):
        first.result(HANG_S)
    failed = [future for future in others if future.exception(HANG_S) is not None]
    backend.close()
    assert len(failed) < len(others)
    for future, text in zip(others, TEXTS[1:9], strict=True):
        if future not in failed:
            np.testing.assert_array_equal(future.result().embeddings, expected(tokenizer, [text]))


def test_a_forward_pass_that_is_not_pipelined_computes_when_the_batch_ends():
    computed = []
    pending = PendingRequest(EmbedRequest(["a"], 9))
    pending.texts = ["a"]
    pending.inverse, pending.n_tokens = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    forward = lambda batch: computed.append(batch) or embeddings_of(batch)  # noqa: E731 - as short as it gets
    computation = Computation([(pending, Sequence(2, [5, 6], 0))], forward, GiveWay(), None)
    computation.begin()
    assert (computed, computation.is_ahead, computation.n_tokens) == ([], False, 2)
    assert 0 <= computation.end() < HANG_S
    assert len(computed) == 1
    assert pending.future.done()
