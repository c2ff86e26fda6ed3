"""One call in the batcher: what is queued, taken and stored."""

from contextlib import nullcontext

import numpy as np

from qwen3_embed_integrations.core.observation import ObservedBatch
from qwen3_embed_integrations.core.protocols import EmbedRequest
from qwen3_embed_integrations.scheduling.pending_request import PendingRequest, observed_forward


def pending_of(texts, **options):
    pending = PendingRequest(EmbedRequest(texts, 100, **options))
    pending.texts = list(dict.fromkeys(texts))
    pending.inverse = np.array([pending.texts.index(text) for text in texts])
    pending.n_tokens = np.arange(1, len(pending.texts) + 1)
    return pending


def test_the_longest_sequences_are_taken_first_and_at_least_one():
    pending = pending_of(["a", "b", "c"])
    pending.queue([[1], [1, 2, 3], [1, 2]], 0)
    assert (pending.n_waiting, pending.tokens_waiting, pending.longest(())) == (3, 6, 3)
    assert [sequence.index for sequence in pending.take(1)] == [1]
    assert [sequence.index for sequence in pending.take(9)] == [2, 0]
    assert (pending.n_waiting, pending.tokens_waiting, pending.longest(())) == (0, 0, 0)


def test_a_prefix_is_cut_only_from_texts_that_begin_with_it_and_go_on():
    pending = pending_of(["a", "b", "c"])
    pending.queue([[7, 8, 1], [7, 9, 1], [7, 8]], 0, (7, 8))
    assert [sequence.ids for sequence in pending.take(99, (7, 8))] == [[1]]
    assert pending.next_prefix() == ()
    assert sorted(sequence.ids for sequence in pending.take(99)) == [[7, 8], [7, 9, 1]]


def test_a_long_text_keeps_its_prefix():
    pending = pending_of(["a"])
    pending.queue([[7] * 513], 0, (7, 7))
    assert [sequence.length for sequence in pending.take(1)] == [513]


def test_repeated_texts_share_an_embedding_and_the_last_one_stored_completes_the_call():
    done = []
    pending = pending_of(["x", "y", "x"], on_progress=done.append)
    pending.queue([[1, 2], [3]], 0)
    longest, shortest = pending.take(2), pending.take(2)
    pending.store(longest, np.full((1, 4), 2, dtype=np.float32))
    assert not pending.future.done()
    pending.store(shortest, np.full((1, 4), 1, dtype=np.float32))
    result = pending.future.result(0)
    assert result.embeddings[:, 0].tolist() == [2, 1, 2]
    assert result.n_tokens.tolist() == [1, 2, 1]
    assert done == [1, 2]


def test_what_arrives_after_the_end_changes_nothing():
    pending = pending_of(["x"])
    pending.queue([[1]], 0)
    assert pending.future.cancel()
    pending.fail(ValueError("late"))
    pending.store(pending.take(1), np.zeros((1, 4), dtype=np.float32))
    assert pending.future.cancelled()


class Noting:
    """An observer that keeps what it is told."""

    def __init__(self):
        self.told = []

    def queued(self):
        self.told.append("queued")

    def dequeued(self):
        self.told.append("dequeued")

    def batch(self, batch):
        self.told.append(batch)
        return nullcontext()


def test_the_first_of_several_observed_calls_gets_the_batch_and_the_others():
    first, second = Noting(), Noting()
    calls = [pending_of(["a", "b"], observer=first), pending_of(["c"]), pending_of(["d"], observer=second)]
    for pending in calls:
        pending.queue([[1, 2]] * len(pending.texts), 0)
    batch = [(pending, sequence) for pending in calls for sequence in pending.take(99)]
    with observed_forward(batch, 64):
        pass
    assert first.told == ["queued", "dequeued", ObservedBatch("forward", 4, 8, 64, (second,))]
    assert second.told == ["queued", "dequeued"]


def test_a_batch_that_nobody_observes_is_told_to_nobody():
    pending = pending_of(["a"])
    pending.queue([[1]], 0)
    with observed_forward([(pending, sequence) for sequence in pending.take(9)], 64) as observed:
        assert observed is None
