import warnings

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, NonFiniteError, TruncationWarning
from qwen3_embed_integrations.core.results import Truncation, postprocess, warn_of_truncations
from qwen3_embed_integrations.core.types import RawEmbeddings


def raw(n=3, hidden_size=8, n_tokens=(4, 9, -1)):
    embeddings = np.random.default_rng(0).normal(size=(n, hidden_size)).astype(np.float32)
    return RawEmbeddings(embeddings, np.array(n_tokens[:n], dtype=np.int64))


def test_embeddings_are_truncated_then_normalised():
    before = raw().embeddings
    encoded = postprocess(raw(), 4, 5)
    np.testing.assert_allclose(np.linalg.norm(encoded.embeddings, axis=1), 1, atol=1e-6)
    wanted = before[:, :4] / np.linalg.norm(before[:, :4], axis=1, keepdims=True)
    np.testing.assert_allclose(encoded.embeddings, wanted, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(encoded.full_embeddings, axis=1), 1, atol=1e-6)


def test_at_the_full_dimension_both_arrays_are_one():
    encoded = postprocess(raw(), 8, 5)
    assert encoded.embeddings is encoded.full_embeddings


def test_only_texts_over_the_limit_are_truncations():
    assert postprocess(raw(), 8, 5).truncations == (Truncation(1, 9, 4),)
    assert postprocess(raw(), 8, 9).truncations == ()


def test_another_dimension_equals_that_of_another_call():
    encoded = postprocess(raw(), 8, 5)
    np.testing.assert_allclose(encoded.at(4), postprocess(raw(), 4, 5).embeddings, atol=1e-6)
    with pytest.raises(ConfigError, match="dimension=9"):
        encoded.at(9)


def test_an_embedding_that_is_not_finite_is_an_error():
    broken = raw()
    broken.embeddings[1, 0] = np.nan
    with pytest.raises(NonFiniteError, match=r"\[1\]"):
        postprocess(broken, 8, 5)


def test_no_texts_have_no_embeddings():
    assert postprocess(raw(0), 4, 5).embeddings.shape == (0, 4)


def test_one_warning_names_three_texts_and_counts_the_others():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_truncations(tuple(Truncation(i, 9, 4) for i in range(5)), 5)
    (warning,) = caught
    assert warning.category is TruncationWarning
    assert "5 texts were cut to max_length=5: text 0 lost 4 of 9 tokens" in str(warning.message)
    assert "and 2 more" in str(warning.message)
    assert warning.filename == __file__
