import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, NonFiniteError
from qwen3_embed_integrations.core.similarity import similarity

A = np.array([[3.0, 4.0], [0.0, 2.0]], dtype=np.float32)
B = np.array([[6.0, 8.0], [1.0, 0.0], [0.0, -5.0]], dtype=np.float32)


def test_cosine_ignores_length_and_dot_does_not():
    np.testing.assert_allclose(similarity(A, B, "cosine"), [[1, 0.6, -0.8], [0.8, 0, -1]], atol=1e-6)
    np.testing.assert_allclose(similarity(A, B, "dot"), [[50, 3, -20], [16, 0, -10]], atol=1e-6)


def test_one_embedding_is_a_list_of_one():
    found = similarity(A[0].astype(np.float64), B, "cosine")
    assert (found.shape, found.dtype) == ((1, 3), np.float32)


@pytest.mark.parametrize("other", [np.ones((2, 3)), np.ones((2, 2, 2))])
def test_other_shapes_are_rejected(other):
    with pytest.raises(ConfigError, match="shape"):
        similarity(A, other, "dot")


def test_an_unknown_metric_is_rejected():
    with pytest.raises(ConfigError, match="'euclid'"):
        similarity(A, B, "euclid")


def test_zeros_have_no_cosine():
    with pytest.raises(NonFiniteError):
        similarity(A, np.zeros((1, 2)), "cosine")
