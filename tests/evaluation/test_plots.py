"""Plots are written by their suffix, the same input to the same file; what can't be written is refused before."""

import numpy as np
import pytest

from qwen3_embed_integrations import ConfigError, MissingExtraError
from qwen3_embed_integrations.evaluation import RetrievalMetrics, check_picture, plot_quality, plot_similarity, plots

METRICS = [RetrievalMetrics(64, 0.5, 0.25, 0.75, 1.0, 0.125), RetrievalMetrics(32, 0.4, 0.2, 0.7, 0.9, 0.1)]


def test_a_plot_names_its_models_and_is_the_same_each_time(tmp_path):
    for name in ("a.svg", "b.svg"):
        plot_quality({"before": METRICS, "after": METRICS}, tmp_path / name, "title")
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    for word in ("before", "after", "title", "nDCG@10, percent", "50.0"):
        assert word in text


def test_a_heat_map_shows_scores_and_long_texts_cut(tmp_path):
    plot_similarity(np.eye(2, dtype=np.float32), ["a $x$", "y" * 99], ["c", "d"], tmp_path / "map.svg")
    text = (tmp_path / "map.svg").read_text()
    assert "1.00" in text
    assert "y" * 39 + "…" in text
    assert "y" * 40 not in text


@pytest.mark.parametrize("name", ["map.gif", "map", "nowhere/map.png"])
def test_a_path_that_can_t_be_plotted_to_is_refused(tmp_path, name):
    with pytest.raises(ConfigError):
        check_picture(tmp_path / name)


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"\[plot\]"):
        check_picture(tmp_path / "map.png")
