import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.hybrid.fusion import (
    convex_combination,
    reciprocal_rank_fusion,
)


def test_rrf_sums_one_over_60_plus_the_rank_from_1() -> None:
    fused = dict(reciprocal_rank_fusion([["a", "b"], ["b"]]))
    assert fused == {"b": pytest.approx(1 / 62 + 1 / 61), "a": pytest.approx(1 / 61)}


def test_rrf_weights_multiply() -> None:
    fused = reciprocal_rank_fusion([["a"], ["b"]], weights=[1, 3], k=0)
    assert fused == [("b", 3.0), ("a", 1.0)]


def test_equal_scores_keep_the_order_of_the_rankings() -> None:
    assert [one.id for one in reciprocal_rank_fusion([["x"], ["a"]])] == ["x", "a"]
    assert [one.id for one in convex_combination([{"x": 0.5}, {"a": 0.5}])] == ["x", "a"]
    crossed = reciprocal_rank_fusion([["a", "b", "c"], ["c", "b", "a"]], k=0)
    assert [one.id for one in crossed] == ["a", "c", "b"]


def test_a_convex_combination_is_the_weighted_mean_and_a_missing_score_is_0() -> None:
    fused = convex_combination([{"a": 1.0, "b": 0.5}, {"b": 1.0}], weights=[3, 1])
    assert fused == [("a", 0.75), ("b", 0.625)]


def test_nothing_fuses_to_nothing() -> None:
    assert reciprocal_rank_fusion([]) == reciprocal_rank_fusion([[], []]) == convex_combination([{}, {}]) == []


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [-1.0, 1.0], [float("nan"), 1.0]])
def test_weights_that_do_not_fit_are_rejected(weights: list[float]) -> None:
    with pytest.raises(ConfigError, match="weights"):
        reciprocal_rank_fusion([["a"], ["b"]], weights=weights)
    with pytest.raises(ConfigError, match="weights"):
        convex_combination([{"a": 1.0}, {"b": 1.0}], weights=weights)


def test_an_id_twice_in_a_ranking_is_rejected() -> None:
    with pytest.raises(ConfigError, match="twice"):
        reciprocal_rank_fusion([["a", "a"]])


def test_a_negative_k_is_rejected() -> None:
    with pytest.raises(ConfigError, match="k=-1"):
        reciprocal_rank_fusion([["a"]], k=-1)


def test_a_score_that_is_not_finite_is_rejected() -> None:
    with pytest.raises(ConfigError, match="'a' has the score nan"):
        convex_combination([{"a": float("nan")}])
