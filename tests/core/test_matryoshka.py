import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from qwen3_embed_integrations import ConfigError, NonFiniteError
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize

EMBEDDINGS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(0, 5), st.just(40)),
    elements=st.floats(0.125, 1e6, width=32),
)


@given(EMBEDDINGS, st.integers(1, 40))
def test_truncated_embeddings_have_norm_1_and_keep_their_direction(embeddings, dimension):
    out = truncate_and_normalize(embeddings, dimension)
    assert out.shape == (len(embeddings), dimension)
    assert out.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(out * embeddings[:, :1] / out[:, :1], embeddings[:, :dimension], rtol=1e-4)


def test_the_embeddings_that_came_in_stay_as_they_were():
    embeddings = np.full((1, 4), 2, dtype=np.float32)
    truncate_and_normalize(embeddings, 4)
    assert (embeddings == 2).all()


@pytest.mark.parametrize("dimension", [0, -3, 41, 1000])
def test_a_dimension_out_of_range_is_refused(dimension):
    with pytest.raises(ConfigError, match=f"dimension={dimension}"):
        truncate_and_normalize(np.ones((1, 40), dtype=np.float32), dimension)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0])
def test_an_embedding_that_can_not_be_normalised_is_an_error_that_names_it(bad):
    embeddings = np.ones((3, 4), dtype=np.float32)
    embeddings[1] = bad
    with pytest.raises(NonFiniteError, match=r"Embeddings \[1\]"):
        truncate_and_normalize(embeddings, 4)


def test_in_place_the_same_numbers_take_no_more_room():
    embeddings = np.random.default_rng(0).normal(size=(5000, 40)).astype(np.float32)
    wanted = truncate_and_normalize(embeddings, 40)
    out = truncate_and_normalize(embeddings, 40, in_place=True)
    assert np.shares_memory(out, embeddings)
    np.testing.assert_array_equal(out, wanted)


def test_embeddings_that_are_refused_in_place_stay_as_they_were():
    embeddings = np.array([[2, 2], [0, 0]], dtype=np.float32)
    with pytest.raises(NonFiniteError):
        truncate_and_normalize(embeddings, 2, in_place=True)
    assert embeddings.tolist() == [[2, 2], [0, 0]]
