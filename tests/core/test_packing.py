import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations.core.packing import fill_budget, pack

SEQUENCES = st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=9), min_size=1, max_size=9)


@given(SEQUENCES)
def test_packed_sequences_come_apart_again_without_a_pad_token(sequences):
    batch = pack(sequences)
    bounds = batch.cu_seqlens
    assert len(batch.input_ids) == len(batch.position_ids) == bounds[-1] == sum(map(len, sequences))
    for i, ids in enumerate(sequences):
        part = slice(bounds[i], bounds[i + 1])
        assert batch.input_ids[part].tolist() == ids
        assert batch.position_ids[part].tolist() == list(range(len(ids)))
    np.testing.assert_array_equal(batch.lengths, [len(ids) for ids in sequences])


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(1, 100))
def test_a_batch_fills_its_budget_and_no_more(lengths, budget):
    count = fill_budget(lengths, budget)
    assert 1 <= count <= len(lengths)
    assert count == 1 or sum(lengths[:count]) <= budget
    assert count == len(lengths) or sum(lengths[: count + 1]) > budget


@given(SEQUENCES, st.lists(st.integers(0, 99), max_size=5))
def test_a_prefix_written_out_gives_the_whole_sequences(sequences, prefix):
    batch = pack(sequences, tuple(prefix))
    whole = pack([[*prefix, *ids] for ids in sequences])
    assert batch.position_ids[0] == len(prefix)
    written = batch.without_prefix()
    for name in ("input_ids", "position_ids", "cu_seqlens"):
        np.testing.assert_array_equal(getattr(written, name), getattr(whole, name))
