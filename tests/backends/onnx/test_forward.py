"""An exported graph on packed batches: padding, prefixes and blocks of long texts change no embedding."""

import numpy as np
import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.onnx import forward as runtime
from qwen3_embed_integrations.backends.onnx.build import open_session
from qwen3_embed_integrations.backends.onnx.forward import OnnxForward, select, split_by_length
from qwen3_embed_integrations.backends.onnx.session import ThreadPlan
from qwen3_embed_integrations.checkpoints.exported_model import open_exported
from qwen3_embed_integrations.core.packing import pack

LENGTHS = (40, 3, 90, 1, 40, 17)


@pytest.fixture(scope="module")
def forward(exported_folder):
    config = EncoderConfig(model=str(exported_folder), backend="onnx")
    model = open_exported(config, is_reranker=False)
    return OnnxForward(model, lambda: open_session(config, model, ThreadPlan(1, 1)))


def sequences(lengths=LENGTHS):
    rng = np.random.default_rng(3)
    return [rng.integers(0, 20_000, length).tolist() for length in lengths]


def test_a_batch_is_its_sequences_alone(forward):
    alone = np.concatenate([forward(pack([one])) for one in sequences()])
    np.testing.assert_allclose(forward(pack(sequences())), alone, atol=2e-6)


def test_a_shared_prefix_is_the_prefix_written_out(forward):
    prefix = tuple(range(100, 130))
    batch = pack(sequences(), prefix)
    np.testing.assert_allclose(forward(batch), forward(batch.without_prefix()), atol=2e-6)


def test_a_long_text_in_blocks_is_the_text_in_one(forward, monkeypatch):
    batch, after_prefix = pack(sequences((700,))), pack(sequences((300,)), tuple(range(50)))
    whole = [forward(batch), forward(after_prefix)]
    monkeypatch.setattr(runtime, "_BLOCK", 64)
    np.testing.assert_allclose(forward(batch), whole[0], atol=2e-6)
    np.testing.assert_allclose(forward(after_prefix), whole[1], atol=2e-6)


def test_reopening_computes_the_same(forward):
    batch = pack(sequences(), (5, 6, 7, 8))
    before = forward(batch)
    forward.reopen()
    np.testing.assert_array_equal(forward(batch), before)


def test_sequences_of_similar_length_share_a_part():
    lengths = np.array([500, 20, 480, 22, 500, 21, 20, 20, 20, 20])
    parts = list(split_by_length(lengths))
    assert sorted(np.concatenate(parts).tolist()) == list(range(10))
    assert [sorted(lengths[part].tolist()) for part in parts] == [[480, 500, 500], [20] * 5 + [21, 22]]


def test_equal_lengths_stay_together():
    assert [part.tolist() for part in split_by_length(np.full(64, 128))] == [list(range(64))]


def test_few_tokens_stay_together():
    assert len(list(split_by_length(np.array([60, 5, 5, 5])))) == 1


def test_selected_sequences_keep_their_tokens_and_positions():
    batch = pack([[1, 2], [3], [4, 5, 6]], (9, 9))
    chosen = select(batch, np.array([2, 0]))
    assert chosen.input_ids.tolist() == [4, 5, 6, 1, 2]
    assert chosen.position_ids.tolist() == [2, 3, 4, 2, 3]
    assert chosen.cu_seqlens.tolist() == [0, 3, 5]
    assert chosen.prefix == (9, 9)
