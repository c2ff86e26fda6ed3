"""Build the loss that the options name, from sentence-transformers' own; with dimensions, in a Matryoshka loss."""

from __future__ import annotations

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import losses
from torch.nn.functional import normalize

from qwen3_embed_integrations.core.catalog import MIN_DIMENSION
from qwen3_embed_integrations.core.errors import ConfigError

from .model import width_of
from .options import TrainingOptions


class TeacherLoss(losses.EmbedDistillLoss):
    """Distance to a teacher's vectors, which are normalised again after the Matryoshka loss has truncated them."""

    def compute_loss_from_embeddings(
        self, embeddings: list[torch.Tensor], teacher_embeddings: list[torch.Tensor]
    ) -> torch.Tensor:
        """Return the mean distance over the columns."""
        units = [normalize(vectors, dim=-1) for vectors in teacher_embeddings]
        loss: torch.Tensor = super().compute_loss_from_embeddings(embeddings, units)
        return loss


def build_loss(model: SentenceTransformer, options: TrainingOptions) -> torch.nn.Module:
    """Return the loss that the options name."""
    loss = _plain_loss(model, options)
    if not options.dimensions:
        return loss
    return losses.MatryoshkaLoss(model, loss, sorted({width_of(model), *options.dimensions}, reverse=True))


def check_dimensions(options: TrainingOptions, width: int) -> None:
    """Refuse Matryoshka dimensions that a model of this width can't serve.

    Raises:
        ConfigError: If one is out of range.
    """
    for dimension in options.dimensions:
        if not MIN_DIMENSION <= dimension <= width:
            raise ConfigError(f"dimensions={dimension} is out of range for this model: use {MIN_DIMENSION} to {width}.")


def _plain_loss(model: SentenceTransformer, options: TrainingOptions) -> torch.nn.Module:
    if options.loss == "mse" or options.loss == "cosine":  # noqa: PLR1714 - mypy narrows the type by == only
        return TeacherLoss(model, distance_metric=options.loss)
    if options.loss == "triplet":
        return losses.TripletLoss(model, losses.TripletDistanceMetric.COSINE, options.margin)
    scale = 1 / options.temperature
    if options.loss == "ranking":
        return losses.MultipleNegativesRankingLoss(model, scale=scale)
    return losses.CachedMultipleNegativesRankingLoss(
        model, scale=scale, mini_batch_num_tokens=options.mini_batch_tokens
    )
