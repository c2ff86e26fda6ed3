"""Metrics of one ranked list equal those computed by hand."""

import math

import numpy as np
import pytest

from qwen3_embed_integrations.evaluation.metrics import ndcg, recall, reciprocal_rank, top

RELEVANCE = {3: 2.0, 5: 1.0}


@pytest.mark.parametrize(
    ("ranked", "expected"),
    [([3, 5], 1.0), ([9, 5, 3], (1 / math.log2(3) + 2 / 2) / (2 + 1 / math.log2(3))), ([9, 8], 0.0), ([], 0.0)],
)
def test_ndcg_discounts_grades_by_rank(ranked, expected):
    assert ndcg(ranked, RELEVANCE, 10) == pytest.approx(expected)


def test_recall_counts_the_relevant_documents_among_the_first_k():
    assert recall([5, 9, 3], RELEVANCE, 1) == 0.5
    assert recall([5, 9, 3], RELEVANCE, 3) == 1


def test_the_reciprocal_rank_is_that_of_the_first_relevant_document():
    assert reciprocal_rank([9, 5], RELEVANCE, 10) == 0.5
    assert reciprocal_rank([9, 5], RELEVANCE, 1) == 0


def test_top_is_best_first_and_ties_keep_their_order():
    scores = np.array([[0.5, 0.9, 0.5, 0.9], [1, 2, 3, 4]], dtype=np.float32)
    assert top(scores, 3).tolist() == [[1, 3, 0], [3, 2, 1]]
    assert top(scores, 9).shape == (2, 4)
