"""Scores and their order."""

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, NonFiniteError, Ranked
from qwen3_embed_integrations.core.ranking import best_first, check_limits, checked_logits, scores_of

LOGITS = np.array([0.0, 40.0, -1000.0, 30.0, 0.0], dtype=np.float32)


def test_a_probability_is_the_sigmoid_without_overflow() -> None:
    np.testing.assert_allclose(scores_of(LOGITS, "probability"), [0.5, 1.0, 0.0, 1.0, 0.5], atol=1e-7)
    assert scores_of(LOGITS, "logit") is LOGITS


def test_documents_are_sorted_by_logit_where_probabilities_are_equal() -> None:
    ranked = best_first(LOGITS, "probability", top_k=None, min_score=None)
    assert [one.index for one in ranked] == [1, 3, 0, 4, 2]
    assert best_first(LOGITS, "probability", top_k=3, min_score=0.5)[-1] == Ranked(0, 0.5)
    assert best_first(LOGITS, "logit", top_k=None, min_score=35) == [Ranked(1, 40.0)]


@pytest.mark.parametrize(("top_k", "min_score"), [(0, None), (1.5, None), (None, "1"), (None, float("nan"))])
def test_an_unfit_limit_is_refused(top_k: object, min_score: object) -> None:
    with pytest.raises(ConfigError):
        check_limits(top_k, min_score)


def test_a_backends_output_is_one_finite_score_a_document() -> None:
    assert checked_logits(np.ones((3, 1), dtype=np.float32)).tolist() == [1, 1, 1]
    with pytest.raises(ConfigError, match="one score a document"):
        checked_logits(np.ones((3, 2), dtype=np.float32))
    with pytest.raises(NonFiniteError, match=r"documents \[1\]"):
        checked_logits(np.array([[0], [np.nan]], dtype=np.float32))
