import numpy as np
import pytest

from qwen3_embed_integrations.rag.study.cutting import Coverage, Cut
from qwen3_embed_integrations.rag.study.ranking import score

EMBEDDINGS = np.eye(3, dtype=np.float32)
QUERY = np.array([[0.8, 0.5, 0.3]], dtype=np.float32)  # ranks the chunks 0, 1, 2


def scores(*parts, lengths=(100, 100, 100), budget=1_000):
    made = Cut(("a", "b", "c"), np.array(lengths), (tuple((part,) if part else () for part in parts),))
    return score(made, EMBEDDINGS, QUERY, budget=budget)


def test_recall_is_the_share_of_the_quotes_found_and_the_rank_that_of_the_first():
    found = scores(Coverage(1, 0, 1, 1.0), Coverage(2, 0, 1, 0.9), None)
    assert {depth: float(values[0]) for depth, values in found.recall.items()} == pytest.approx(
        {1: 0, 5: 2 / 3, 10: 2 / 3}
    )
    assert found.reciprocal_rank.tolist() == [0.5]
    assert found.query_ms > 0


def test_less_than_half_of_a_quote_is_no_answer():
    assert scores(Coverage(0, 0, 1, 0.49)).recall[1].tolist() == [0]
    assert scores(Coverage(0, 0, 1, 0.5)).recall[1].tolist() == [1]


@pytest.mark.parametrize(
    ("part", "budget", "expected"),
    [
        (Coverage(1, 0.0, 0.4, 1.0), 100, 0),  # the first chunk takes it all
        (Coverage(1, 0.0, 0.4, 1.0), 140, 1),  # the part that fits holds the quote
        (Coverage(1, 0.6, 1.0, 1.0), 140, 0),  # the quote stands behind it
        (Coverage(1, 0.3, 0.5, 1.0), 140, 1),  # half of the quote stands in it
        (Coverage(0, 0.0, 1.0, 1.0), 100, 1),
    ],
)
def test_recall_at_equal_context_cuts_the_last_chunk_where_the_budget_ends(part, budget, expected):
    assert scores(part, budget=budget).recall_at_budget.tolist() == [expected]


def test_a_chunk_longer_than_the_budget_counts_only_by_its_beginning():
    long = {"lengths": (8_000, 100, 100), "budget": 2_000}
    assert scores(Coverage(0, 0.1, 0.2, 1.0), **long).recall_at_budget.tolist() == [1]
    assert scores(Coverage(0, 0.8, 0.9, 1.0), **long).recall_at_budget.tolist() == [0]
    assert scores(Coverage(0, 0.8, 0.9, 1.0), **long).recall[1].tolist() == [1]
