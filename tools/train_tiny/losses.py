"""What the training minimises: finding the other half of a pair, and keeping similarities."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize, softmax

_TEMPERATURE = 0.05
_WIDTHS = {256: 0.5, 128: 0.3, 64: 0.2}
_DUPLICATE = 0.93
_SQUARES_WEIGHT = 20.0


def contrastive_loss(
    left: torch.Tensor,
    right: torch.Tensor,
    right_before: torch.Tensor,
    wrong: torch.Tensor | None = None,
    *,
    symmetric: bool,
) -> torch.Tensor:
    """Return InfoNCE of ``left`` finding its ``right`` among the batch, and each its own ``wrong``, at every width.

    Args:
        left: ``[n, 256]``, not normalised.
        right: ``[n, 256]``.
        right_before: ``[n, 256]``, unit rows; texts that these find the same are no negatives of each other.
        wrong: ``[n, 256]``, a negative of each row, or None.
        symmetric: Whether ``right`` should find its ``left`` too.
    """
    same = (right_before @ right_before.T > _DUPLICATE).fill_diagonal_(fill_value=0)
    rows = torch.arange(len(left), device=left.device)
    total = left.new_zeros(())
    for width, weight in _WIDTHS.items():
        one, other = normalize(left[:, :width], dim=-1), normalize(right[:, :width], dim=-1)
        logits = (one @ other.T / _TEMPERATURE).masked_fill(same, -1e4)
        if wrong is not None:
            unlike = normalize(wrong[:, :width], dim=-1)
            worse = torch.stack([(one * unlike).sum(-1), (other * unlike).sum(-1)], dim=-1)
            asked = torch.cat([logits, worse / _TEMPERATURE], dim=1)
        else:
            asked = logits
        loss = cross_entropy(asked, rows)
        if symmetric:
            loss = (loss + cross_entropy(logits.T, rows)) / 2
        total = total + weight * loss
    return total


def similarity_divergence(found: torch.Tensor, before: torch.Tensor, n: int) -> torch.Tensor:
    """Return the KL divergence of the similarities within each half of the rows from those ``before``."""
    total = found.new_zeros(())
    for half in (slice(None, n), slice(n, None)):
        total = total + _divergence(normalize(found[half], dim=-1), before[half]) / 2
    return total


def _divergence(ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """Return KL(wanted || found) of each text's similarities to the others of the batch."""
    self_pairs = torch.eye(len(ours), dtype=torch.bool, device=ours.device)
    wanted, got = ((rows @ rows.T).masked_fill(self_pairs, -1e4) for rows in (theirs, ours))
    wanted_shares, got_shares = softmax(wanted / _TEMPERATURE, -1), log_softmax(got / _TEMPERATURE, -1)
    return kl_div(got_shares, wanted_shares, reduction="batchmean")


def distillation_loss(found: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Return how far the texts' similarities are from the teacher's, at every width.

    The divergence looks at each text's nearest, the squared difference at all.

    Args:
        found: ``[n, 256]``, not normalised.
        teacher: ``[n, any]``, the teacher's unit rows.
    """
    total = found.new_zeros(())
    wanted = teacher @ teacher.T
    for width, weight in _WIDTHS.items():
        rows = normalize(found[:, :width], dim=-1)
        squares = (rows @ rows.T - wanted).square().mean()
        total = total + weight * (_divergence(rows, teacher) + _SQUARES_WEIGHT * squares)
    return total


def pair_distillation_loss(
    found: tuple[torch.Tensor, torch.Tensor], teacher: tuple[torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    """Return how far the similarities of questions to passages are from the teacher's, at every width.

    Args:
        found: Both sides, ``[n, 256]``, not normalised.
        teacher: Both sides, ``[n, any]``, the teacher's unit rows.
    """
    total = found[0].new_zeros(())
    wanted = teacher[0] @ teacher[1].T / _TEMPERATURE
    for width, weight in _WIDTHS.items():
        left, right = (normalize(side[:, :width], dim=-1) for side in found)
        got = left @ right.T / _TEMPERATURE
        for ours, theirs in ((got, wanted), (got.T, wanted.T)):
            total = total + weight / 2 * kl_div(log_softmax(ours, -1), softmax(theirs, -1), reduction="batchmean")
    return total
