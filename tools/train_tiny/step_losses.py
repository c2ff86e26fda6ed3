"""The losses of a step: each block's, and the distance of all known texts to what the teacher wants."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import torch

from .losses import pair_loss, similarity_loss, triple_loss, vector_loss
from .prepare import TeacherVectors
from .steps import Block, Step
from .token_store import on_device

_DUPLICATE = 0.93
_WEIGHTS = {
    "vectors": 6.0, "similar": 1.0, "qa": 1.0, "passage": 0.6, "code": 0.8, "bitext": 1.0, "same": 0.4, "triple": 0.6,
}  # fmt: skip
"""Weight of each loss; ``vectors`` is the distance to the teacher's."""


def weighted(losses: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return the sum of the losses, each with its weight."""
    return torch.stack([_WEIGHTS[kind] * loss for kind, loss in losses.items()]).sum()


def step_losses(
    found: torch.Tensor, step: Step, numbers: np.ndarray, teacher: TeacherVectors, wanted: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return the loss of each kind of block, and of all texts that the teacher knows (``vectors``)."""
    device = str(found.device)
    placed = teacher.of(numbers)
    known = np.flatnonzero(placed >= 0)
    of_known, rows, places, numbered = (on_device(v, device) for v in (known, placed[known], placed, numbers))
    losses = {"vectors": vector_loss(found[of_known], wanted[rows].float())}
    parts: dict[str, list[torch.Tensor]] = defaultdict(list)
    for block in step.blocks:
        if block.kind == "triple":
            left, right = found[block.left], found[block.right]
            parts["triple"].append(triple_loss(left, right[: block.n], right[block.n :]))
        elif block.kind == "similar":
            parts["similar"].append(similarity_loss(found[block.left], teacher.rows[places[block.left]].float()))
        else:
            parts[block.kind].append(_block_loss(found, block, numbered, places, teacher.rows))
    return losses | {kind: torch.stack(values).mean() for kind, values in parts.items()}


def _block_loss(
    found: torch.Tensor, block: Block, numbers: torch.Tensor, places: torch.Tensor, rows: torch.Tensor
) -> torch.Tensor:
    right_numbers = numbers[block.right]
    masked = right_numbers[: block.n, None] == right_numbers
    own = torch.eye(block.n, len(right_numbers), dtype=torch.bool, device=found.device)
    wanted = None
    if block.is_english:
        left, right = rows[places[block.left]].float(), rows[places[block.right]].float()
        wanted = left @ right.T
        masked = masked | (wanted > wanted.diagonal()[:, None]) if block.kind != "passage" else masked
    elif block.kind == "bitext":
        right = rows[places[block.right]].float()
        masked = masked | (right @ right.T > _DUPLICATE)
    symmetric = block.kind in {"bitext", "same"}
    return pair_loss(found[block.left], found[block.right], masked & ~own, wanted, symmetric=symmetric)
