"""What the student minimises: distance to its targets and to their similarities."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize, softmax

# The targets are in Matryoshka order by themselves, so the shorter widths need less of a push.
MATRYOSHKA = {256: 0.5, 128: 0.25, 64: 0.125, 32: 0.125}
_TEMPERATURE = 0.05
_SIMILARITY_WEIGHT = 0.5
_PAIR_SCALE = 20.0


def distillation_loss(student: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean over Matryoshka widths of cosine distance plus similarity divergence.

    Args:
        student: ``[n, 256]`` float32, not normalised.
        target: ``[n, 256]`` float32.
    """
    total = student.new_zeros(())
    for width, weight in MATRYOSHKA.items():
        ours, theirs = normalize(student[:, :width], dim=-1), normalize(target[:, :width], dim=-1)
        distance = (1 - (ours * theirs).sum(-1)).mean()
        total = total + weight * (distance + _SIMILARITY_WEIGHT * _divergence(ours, theirs))
    return total


def _divergence(ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """Return KL(target || student) of each text's similarities to the others of the batch."""
    self_pairs = torch.eye(len(ours), dtype=torch.bool)
    wanted = (theirs @ theirs.T / _TEMPERATURE).masked_fill(self_pairs, -1e4)
    got = (ours @ ours.T / _TEMPERATURE).masked_fill(self_pairs, -1e4)
    return kl_div(log_softmax(got, -1), softmax(wanted, -1), reduction="batchmean")


def pair_loss(queries: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Return how badly queries and answers ``[n, 256]`` find each other among the batch (InfoNCE)."""
    total = queries.new_zeros(())
    wanted = torch.arange(len(queries))
    for width, weight in MATRYOSHKA.items():
        scores = normalize(queries[:, :width], dim=-1) @ normalize(answers[:, :width], dim=-1).T * _PAIR_SCALE
        total = total + weight * (cross_entropy(scores, wanted) + cross_entropy(scores.T, wanted)) / 2
    return total
