from dataclasses import replace

import numpy as np
import pytest

from qwen3_embed_integrations.rag.study.report import Result, advice, bootstrap
from qwen3_embed_integrations.rag.study.settings import PRESENT, Setting

SAME = Result(PRESENT, *[0.5] * 5, 0.0, 0.0, 0.0, 0.1, 10, 1_000, 9_000, 0.2)


def test_the_interval_of_equal_scores_is_zero():
    assert bootstrap(np.zeros(30)) == (0, 0, 0)


def test_a_difference_on_every_question_is_distinguishable_and_one_on_few_is_not():
    mean, low, high = bootstrap(np.full(30, 0.2))
    assert (mean, low, high) == pytest.approx((0.2, 0.2, 0.2))
    few = np.array([1.0, -1.0, 1.0] + [0.0] * 27)
    mean, low, high = bootstrap(few)
    assert low < 0 < mean < high
    assert not replace(SAME, difference=mean, low=low, high=high).is_distinguishable
    assert bootstrap(few) == (mean, low, high)  # the same draws every time


def test_the_interval_agrees_with_the_normal_approximation():
    values = np.random.default_rng(0).normal(0.1, 1, size=400)
    mean, low, high = bootstrap(values)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.01)


def test_the_advice_is_the_best_of_the_distinguishable_settings_or_to_stay():
    worse = replace(SAME, setting=Setting(8192), recall_at_budget=0.3, difference=-0.2, low=-0.3, high=-0.1)
    lucky = replace(SAME, setting=Setting(128), recall_at_budget=0.6, difference=0.1, low=-0.01, high=0.2)
    better = replace(SAME, setting=Setting(256), recall_at_budget=0.58, difference=0.08, low=0.02, high=0.14)
    assert advice([SAME, worse, lucky], 40, 2_000).startswith("Keep the present setting: on 40 questions")
    assert advice([SAME, worse, lucky, better], 40, 2_000).startswith("Use --chunk-tokens 200 --chunk-overlap 30")


def test_results_are_json_data():
    assert SAME.to_dict()["setting"] == {"size": 512, "overlap": 15, "headers": True, "by": "section"}
    assert SAME.to_dict()["is_distinguishable"] is False
