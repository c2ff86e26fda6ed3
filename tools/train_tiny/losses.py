"""What the training minimises: the teacher's vectors and similarities, the other half of a pair, the right sentence.

Everything is compared at three widths of the embedding at once: the first 256, 128 and 64 numbers (Matryoshka).
"""

from __future__ import annotations

from functools import cache

import torch
from torch.nn.functional import kl_div, log_softmax, logsigmoid, normalize, softmax

WIDTHS = {256: 0.4, 128: 0.3, 64: 0.3}
"""Numbers of an embedding that are compared, and how much each weighs."""
_TEMPERATURE = 0.05
_HIDDEN = -1e4
_SQUARES_WEIGHT = 10.0


def nested(rows: torch.Tensor) -> torch.Tensor:
    """Return the rows ``[n, 256]`` cut to each width and normalised, ``[widths, n, 256]``, zeros behind the cut."""
    return normalize(rows * _widths(rows.device)[0], dim=-1)


def _weighted(losses: torch.Tensor) -> torch.Tensor:
    """Return the sum of one loss a width, each with its weight."""
    return (losses * _widths(losses.device)[1]).sum()


@cache
def _widths(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which numbers each width keeps, ``[widths, 1, 256]``, and the widths' weights, made once."""
    numbers = torch.arange(max(WIDTHS))
    kept = torch.stack([numbers < width for width in WIDTHS])[:, None]
    return kept.to(device), torch.tensor(list(WIDTHS.values())).to(device)


def divergence(ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """Return KL(theirs || ours) of each row's similarities ``[widths, n, m]`` and ``[n, m]``, one a width."""
    wanted = softmax(theirs / _TEMPERATURE, -1).expand_as(ours)
    return kl_div(log_softmax(ours / _TEMPERATURE, -1), wanted, reduction="none").sum(-1).mean(-1)


def vector_loss(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return one less the mean cosine of embeddings ``[n, 256]`` and what they should be."""
    return 1 - torch.cosine_similarity(found, wanted, dim=-1).mean()


def similarity_loss(found: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Return how far the texts' similarities to each other are from the teacher's.

    Args:
        found: ``[n, 256]``, not normalised.
        teacher: The teacher's unit rows ``[n, any]``.
    """
    rows, wanted = nested(found), teacher @ teacher.T
    scores = rows @ rows.mT
    squares = (scores - wanted).square().mean((-1, -2))
    own = torch.eye(len(found), dtype=torch.bool, device=found.device)
    apart = divergence(scores.masked_fill(own, _HIDDEN), wanted.masked_fill(own, _HIDDEN))
    return _weighted(apart + _SQUARES_WEIGHT * squares)


def pair_loss(
    left: torch.Tensor,
    right: torch.Tensor,
    masked: torch.Tensor,
    wanted: torch.Tensor | None = None,
    *,
    symmetric: bool,
) -> torch.Tensor:
    """Return InfoNCE of each left text finding its right one, and the divergence from the teacher's scores.

    Args:
        left: ``[n, 256]``, not normalised.
        right: ``[m, 256]``; the first n are the left texts' own, the rest more negatives.
        masked: ``[n, m]``, candidates that are no negatives of a left text: they may belong to it too.
        wanted: The teacher's similarities ``[n, m]``, None where it knows none.
        symmetric: Whether each of the first n right texts should find its left text too.
    """
    scores = nested(left) @ nested(right).mT
    logits = (scores / _TEMPERATURE).masked_fill(masked, _HIDDEN)
    loss = -log_softmax(logits, -1).diagonal(dim1=-2, dim2=-1).mean(-1)
    if symmetric:
        back = log_softmax(logits[..., : len(left)], -2).diagonal(dim1=-2, dim2=-1)
        loss = (loss - back.mean(-1)) / 2
    if wanted is not None:
        loss = loss + divergence(scores, wanted)
    return _weighted(loss)


def triple_loss(one: torch.Tensor, same: torch.Tensor, different: torch.Tensor) -> torch.Tensor:
    """Return how badly sentences tell one of the same meaning from one of another.

    Args:
        one: ``[n, 256]``, not normalised.
        same: What means the same.
        different: What differs in meaning, though nearly the same in words.
    """
    a, b, c = nested(one), nested(same), nested(different)
    near = (a * b).sum(-1)
    apart = logsigmoid((near - (a * c).sum(-1)) / _TEMPERATURE) + logsigmoid((near - (b * c).sum(-1)) / _TEMPERATURE)
    among = log_softmax(a @ b.mT / _TEMPERATURE, -1).diagonal(dim1=-2, dim2=-1)
    return _weighted(-(apart + among).mean(-1))
