"""One embedding per sequence from all its token states, in float32.

Last-token pooling is in `forward`: it needs only the states of the last tokens.
"""

from __future__ import annotations

from collections.abc import Callable

import torch


def _first(states: torch.Tensor, starts: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:  # noqa: ARG001 - one signature for all poolings
    return states[starts].float()


def _mean(states: torch.Tensor, starts: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    return _segment_reduce(states, starts, ends, "mean")


def _max(states: torch.Tensor, starts: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    return _segment_reduce(states, starts, ends, "max")


def _segment_reduce(states: torch.Tensor, starts: torch.Tensor, ends: torch.Tensor, how: str) -> torch.Tensor:
    return torch.segment_reduce(states.float(), how, lengths=ends - starts, axis=0, unsafe=True)


POOLINGS: dict[str, Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "cls": _first,
    "mean": _mean,
    "max": _max,
}


def pool(states: torch.Tensor, cu_seqlens: torch.Tensor, pooling: str) -> torch.Tensor:
    """Pool the token states of each sequence.

    Args:
        states: `[tokens, hidden_size]`, any float dtype.
        cu_seqlens: `[n + 1]`, the start of each sequence and the end of the last one.
        pooling: A key of `POOLINGS`.

    Returns:
        `[n, hidden_size]` float32.
    """
    return POOLINGS[pooling](states, cu_seqlens[:-1], cu_seqlens[1:])
