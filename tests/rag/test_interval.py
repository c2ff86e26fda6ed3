import pytest

from qwen3_embed_integrations.rag.interval import clopper_pearson


@pytest.mark.parametrize(
    ("hits", "n", "interval"),
    [(0, 10, (0, 0.3085)), (10, 10, (0.6915, 1)), (4, 80, (0.0138, 0.1231))],
)
def test_the_interval_is_that_of_the_tables(hits, n, interval):
    assert clopper_pearson(hits, n) == pytest.approx(interval, abs=2e-4)
