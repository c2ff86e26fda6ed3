"""The arrays that the exported graph takes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qwen3_embed_integrations.backends.onnx.graph_inputs import INPUT_NAMES, PrefixStates, graph_inputs
from qwen3_embed_integrations.core.packing import pack


def states(n_tokens):
    numbers = np.arange(2 * n_tokens * 3, dtype=np.float32).reshape(2, n_tokens, 3)
    return PrefixStates(numbers, -numbers)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 4))
def test_gathering_to_padded_sequences_and_back_is_the_identity(lengths, n_prefix):
    ids = [[10 * index + at for at in range(length)] for index, length in enumerate(lengths)]
    inputs = graph_inputs(pack(ids, tuple(range(n_prefix))), states(n_prefix))
    assert set(inputs) == set(INPUT_NAMES)
    padded = inputs["input_ids"][inputs["query_index"]]
    assert padded.shape == (len(lengths), max(lengths))
    assert [one[:length].tolist() for one, length in zip(padded, lengths, strict=True)] == ids
    np.testing.assert_array_equal(padded.reshape(-1)[inputs["packed_index"]], inputs["input_ids"])
    assert inputs["input_ids"][inputs["end_index"]].tolist() == [one[-1] for one in ids]
    assert inputs["key_index"][:, :n_prefix].tolist() == [list(range(n_prefix))] * len(lengths)
    np.testing.assert_array_equal(inputs["key_index"][:, n_prefix:], inputs["query_index"] + n_prefix)


def test_keys_and_values_are_kept_only_on_demand():
    batch = pack([[1, 2], [3]])
    assert graph_inputs(batch, states(0))["kept_index"].tolist() == []
    assert graph_inputs(batch, states(0), keeps=True)["kept_index"].tolist() == [0, 1, 2]


def test_prefixes_are_joined_along_their_tokens():
    both = states(2).extended(states(3))
    assert len(both) == 5
    assert len(PrefixStates.empty(2, 3)) == 0
    np.testing.assert_array_equal(both.values[:, :2], states(2).values)
