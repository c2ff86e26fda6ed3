"""Several GPUs: one thread each, and nothing lost."""

import threading

import numpy as np
import pytest

from qwen3_embed_integrations.backends.local import LocalBackend
from qwen3_embed_integrations.backends.torch.gpu.data_parallel import DataParallelForward
from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer
from qwen3_embed_integrations.core.packing import pack
from qwen3_embed_integrations.core.protocols import EmbedRequest, PipelinedForward
from token_embeddings import WIDTH, embeddings_of, expected

HANG_S = 300


class FakeCard:
    """A GPU that notes which threads submit to it, and computes nothing before `others` had a batch too."""

    def __init__(self):
        self.threads, self.n_batches, self.warmed, self.others = set(), 0, [], []
        self.has_begun = threading.Event()

    def submit(self, batch):
        self.threads.add(threading.current_thread().name)
        self.n_batches += 1
        self.has_begun.set()

        def collect():
            assert all(card.has_begun.wait(HANG_S) for card in self.others)
            return embeddings_of(batch)

        return collect

    def warm_up(self, prefix):
        self.warmed.append(prefix)


@pytest.fixture(scope="module")
def tokenizer():
    from checkpoints import TINY

    return TextTokenizer(TINY)


def test_much_work_is_split_over_the_cards_one_thread_each(tokenizer):
    cards = [FakeCard(), FakeCard()]
    cards[0].others, cards[1].others = cards[1:], cards[:1]
    forward = DataParallelForward(cards)
    assert isinstance(forward, PipelinedForward)
    backend = LocalBackend(tokenizer, forward, 200, WIDTH, forward.streams)
    texts = [f"text number {i}" for i in range(400)]
    found = backend.submit(EmbedRequest(texts, 100)).result(HANG_S)
    backend.close()
    np.testing.assert_array_equal(found.embeddings, expected(tokenizer, texts))
    assert [card.threads for card in cards] == [{"qwen3-embed-forward-0"}, {"qwen3-embed-forward-1"}]


def test_a_single_text_goes_to_one_card_and_leaves_the_other_to_others(tokenizer):
    cards = [FakeCard(), FakeCard()]
    forward = DataParallelForward(cards)
    assert not forward.streams.shares  # no batch ever has both cards
    backend = LocalBackend(tokenizer, forward, 200, WIDTH, forward.streams)
    found = backend.submit(EmbedRequest(["a text"], 100)).result(HANG_S)
    backend.close()
    np.testing.assert_array_equal(found.embeddings, expected(tokenizer, ["a text"]))
    assert sum(card.n_batches for card in cards) == 1


def test_each_card_is_warmed_up_and_other_threads_use_the_first():
    cards = [FakeCard(), FakeCard()]
    forward = DataParallelForward(cards)
    forward.warm_up((1, 2))
    assert [card.warmed for card in cards] == [[(1, 2)], [(1, 2)]]
    batch = pack([[5, 6]])
    np.testing.assert_array_equal(forward(batch), embeddings_of(batch))
    assert [card.n_batches for card in cards] == [1, 0]
