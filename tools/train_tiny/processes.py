"""Processes that train together: each computes the gradient of its own texts, all take the mean."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed

_WAIT = timedelta(hours=12)  # the first process computes the teacher's vectors meanwhile


@dataclass(frozen=True)
class Processes:
    """The processes that ``torchrun`` started, or this one alone.

    Attributes:
        rank: This process's number.
        count: How many there are.
    """

    rank: int = 0
    count: int = 1

    @classmethod
    def started(cls) -> Processes:
        """Join the others."""
        if "WORLD_SIZE" not in os.environ:
            return cls()
        if not distributed.is_initialized():
            distributed.init_process_group("gloo", timeout=_WAIT)
        return cls(distributed.get_rank(), distributed.get_world_size())

    @property
    def is_first(self) -> bool:
        """Whether this process reports and writes."""
        return self.rank == 0

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """Let the first process run the block, then the others."""
        if self.count > 1 and not self.is_first:
            distributed.barrier()
        yield
        if self.count > 1 and self.is_first:
            distributed.barrier()

    def average(self, weights: Iterable[torch.Tensor]) -> None:
        """Replace each weight's gradient with the mean of all processes'."""
        if self.count == 1:
            return
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients]) / self.count
        distributed.all_reduce(flat)
        parts = flat.split([gradient.numel() for gradient in gradients])
        torch._foreach_copy_(gradients, [part.view_as(to) for part, to in zip(parts, gradients, strict=True)])

    def largest(self, value: float) -> float:
        """Return the largest of all processes' values."""
        if self.count == 1:
            return value
        found = torch.tensor(value, dtype=torch.float64)
        distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return found.item()
