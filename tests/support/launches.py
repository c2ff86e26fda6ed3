"""Count what a pass would launch on a GPU, without one: torch's operations on meta tensors, and Triton's kernels."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Launches(TorchDispatchMode):
    """Counts operations that run a kernel, by name: no views, no allocations."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self.counted.total()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        schema = func._schema
        is_view = any(one.alias_info is not None and not one.alias_info.is_write for one in schema.returns)
        name = schema.name.removeprefix("aten::")
        if not is_view and not name.startswith(("empty", "new_empty", "_unsafe_view")):
            self.counted[name] += 1
        return func(*args, **(kwargs or {}))

    def launch(self, kernel: Any, grid: tuple[int, ...], *_: Any, **__: Any) -> None:
        """Count a kernel of Triton's."""
        assert all(extent > 0 for extent in grid)
        self.counted[getattr(kernel, "__name__", str(kernel))] += 1


def meta_weights(_: str, *shape: int) -> torch.Tensor:
    """Return a weight without numbers, in the place of a checkpoint's."""
    return torch.empty(*shape, dtype=torch.bfloat16, device="meta")
