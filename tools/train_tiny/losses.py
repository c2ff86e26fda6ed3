"""What the student minimises: distance to its targets and to their similarities."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize, softmax

# The targets are in Matryoshka order by themselves, so the shorter widths need less of a push.
MATRYOSHKA = {256: 0.5, 128: 0.25, 64: 0.125, 32: 0.125}
_TEMPERATURE = 0.05
_SIMILARITY_WEIGHT = 0.5
_MARGIN = 0.05
_SAME = 0.95


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
    wanted, got = ((rows @ rows.T).masked_fill(self_pairs, -1e4) for rows in (theirs, ours))
    wanted_shares, got_shares = softmax(wanted / _TEMPERATURE, -1), log_softmax(got / _TEMPERATURE, -1)
    return kl_div(got_shares, wanted_shares, reduction="batchmean")


def pair_loss(
    queries: torch.Tensor, answers: torch.Tensor, wanted_queries: torch.Tensor, wanted_answers: torch.Tensor
) -> torch.Tensor:
    """Return InfoNCE of queries and their answers, ``[n, 256]`` each, over the batch, at every Matryoshka width.

    An answer that the targets find nearly as good as the right one is no negative.
    """
    total = queries.new_zeros(())
    for width, weight in MATRYOSHKA.items():
        scores = _scores(queries, answers, width)
        wanted = _scores(wanted_queries, wanted_answers, width)
        also_right = (wanted > wanted.diagonal()[:, None] - _MARGIN).fill_diagonal_(fill_value=0)
        total = total + weight * _contrast(scores, also_right)
    return total


def translation_loss(translations: torch.Tensor, originals: torch.Tensor) -> torch.Tensor:
    """Return twice InfoNCE, both ways, plus cosine distance, of ``[n, 256]`` each, over Matryoshka widths.

    Originals that are nearly the same text are no negatives of each other.
    """
    total = translations.new_zeros(())
    alike = (_scores(originals, originals, originals.shape[1]).detach() > _SAME).fill_diagonal_(fill_value=0)
    for width, weight in MATRYOSHKA.items():
        scores = _scores(translations, originals, width)
        both_ways = _contrast(scores, alike) + _contrast(scores.T, alike)
        total = total + weight * (both_ways + (1 - scores.diagonal()).mean())
    return total


def _contrast(scores: torch.Tensor, no_negatives: torch.Tensor) -> torch.Tensor:
    """Return InfoNCE of ``[n, n]`` scores whose diagonal is right, without the pairs that are no negatives."""
    logits = (scores / _TEMPERATURE).masked_fill(no_negatives, -1e4)
    return cross_entropy(logits, torch.arange(len(scores)))


def _scores(queries: torch.Tensor, answers: torch.Tensor, width: int) -> torch.Tensor:
    return normalize(queries[:, :width], dim=-1) @ normalize(answers[:, :width], dim=-1).T
