"""Pinned host memory, used again: pinning afresh for each batch would wait for the driver."""

from __future__ import annotations

import threading

import torch

_SMALLEST = 1024  # numbers


class HostBuffers:
    """Buffers in host memory that a GPU copies from and to while the CPU goes on.

    A buffer must not be given back before the copy that uses it has ended.

    Args:
        is_pinned: Pin them, as CUDA needs for copies that nobody waits for.
    """

    def __init__(self, *, is_pinned: bool) -> None:
        self._is_pinned = is_pinned
        self._free: dict[tuple[int, torch.dtype], list[torch.Tensor]] = {}
        self._lock = threading.Lock()

    def take(self, n: int, dtype: torch.dtype) -> torch.Tensor:
        """Return a buffer of at least `n` numbers; its size is a power of two, so that it fits other batches too."""
        size = max(_SMALLEST, 1 << (n - 1).bit_length())
        with self._lock:
            free = self._free.get((size, dtype))
            if free:
                return free.pop()
        return torch.empty(size, dtype=dtype, pin_memory=self._is_pinned)

    def give_back(self, buffer: torch.Tensor) -> None:
        """Keep a buffer for another batch."""
        with self._lock:
            self._free.setdefault((len(buffer), buffer.dtype), []).append(buffer)
