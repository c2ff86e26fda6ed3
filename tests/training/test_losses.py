"""Each name of a loss builds that loss with the options' values, inside a Matryoshka loss if there are dimensions."""

import pytest
import torch
from sentence_transformers.sentence_transformer import losses
from torch.nn.functional import normalize

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.training import TrainingOptions
from qwen3_embed_integrations.training.losses import TeacherLoss, build_loss, check_dimensions


@pytest.fixture
def model(make_plan, load):
    return load(make_plan())


def test_every_name_builds_its_loss_with_the_options_values(model):
    ranking = build_loss(model, TrainingOptions(loss="ranking", temperature=0.1))
    assert isinstance(ranking, losses.MultipleNegativesRankingLoss)
    assert ranking.scale == pytest.approx(10)
    cached = build_loss(model, TrainingOptions(loss="cached-ranking", mini_batch_tokens=77))
    assert isinstance(cached, losses.CachedMultipleNegativesRankingLoss)
    assert (cached.scale, cached.mini_batch_num_tokens) == (pytest.approx(20), 77)
    triplet = build_loss(model, TrainingOptions(loss="triplet", margin=0.7))
    assert isinstance(triplet, losses.TripletLoss)
    assert (triplet.triplet_margin, triplet.distance_metric) == (0.7, losses.TripletDistanceMetric.COSINE)
    for name in ("mse", "cosine"):
        assert isinstance(build_loss(model, TrainingOptions(loss=name)), TeacherLoss)


def test_the_full_width_is_always_among_the_dimensions_largest_first(model):
    loss = build_loss(model, TrainingOptions(loss="ranking", dimensions=[32, 48]))
    assert isinstance(loss, losses.MatryoshkaLoss)
    assert list(loss.matryoshka_dims) == [64, 48, 32]
    assert isinstance(loss.loss, losses.MultipleNegativesRankingLoss)


@pytest.mark.parametrize("metric", ["mse", "cosine"])
def test_only_the_direction_of_a_teachers_vectors_counts(model, metric):
    loss = build_loss(model, TrainingOptions(loss=metric))
    torch.manual_seed(0)
    units = [normalize(torch.randn(4, 64), dim=-1) for _ in range(2)]
    longer, opposite = [3 * side for side in units], [-side for side in units]
    assert loss.compute_loss_from_embeddings(units, longer).item() == pytest.approx(0, abs=1e-6)
    assert loss.compute_loss_from_embeddings(units, opposite).item() > 0.01


@pytest.mark.parametrize("dimension", [31, 65])
def test_a_dimension_out_of_the_models_range_is_refused(dimension):
    check_dimensions(TrainingOptions(dimensions=[32, 64]), 64)
    with pytest.raises(ConfigError, match=f"dimensions={dimension} is out of range for this model: use 32 to 64"):
        check_dimensions(TrainingOptions(dimensions=[64, dimension]), 64)
