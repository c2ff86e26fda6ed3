"""Muon: momentum whose singular values are brought to one, all matrices of a shape at once.

After Keller Jordan's Muon (MIT), https://kellerjordan.github.io/posts/muon; torch's own goes matrix by matrix, which
on a GPU takes longer than the small matrices' products.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_ADAM_SIZE = 0.2
_MOMENTUM, _DECAY = 0.95, 0.01


class Muon(torch.optim.Optimizer):
    """Steps as large, on average over a matrix, as AdamW's with the same learning rate."""

    def __init__(self, matrices: Iterable[torch.Tensor], lr: float) -> None:
        """Keep the matrices."""
        super().__init__(list(matrices), {"lr": lr, "rate": 1.0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move the matrices against their gradients."""
        del closure
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[torch.Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                by_shape[matrix.shape].append(matrix)
            for shape, matrices in by_shape.items():
                gradients = torch.stack([matrix.grad for matrix in matrices if matrix.grad is not None])
                state = self.state[matrices[0]]
                mean = state.setdefault("mean", torch.zeros_like(gradients))
                mean.lerp_(gradients, 1 - _MOMENTUM)
                moved = _orthogonal(gradients.lerp(mean, _MOMENTUM))
                size = group["lr"] * _ADAM_SIZE * max(shape) ** 0.5
                torch._foreach_mul_(matrices, 1 - group["lr"] * _DECAY)
                torch._foreach_add_(matrices, list(moved.unbind()), alpha=-size)


def _orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Return matrices with the same singular vectors and singular values near one (five steps of Newton and Schulz)."""
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.bfloat16()
    x = x.mT if is_tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_ITERATIONS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x.mT if is_tall else x).to(matrices.dtype)
