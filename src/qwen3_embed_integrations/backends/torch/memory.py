"""Memory: how much is available, how much a model needs, and the dtype in which it fits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch

from .architecture import Qwen3Architecture

_WORKING_BYTES = 300_000_000  # beyond the weights: a batch's tokens, torch's own buffers
_WORKING_SHARE = 0.1  # and a share of the weights: one layer is read while the others are kept
_SMALLER = {
    torch.float32: (torch.bfloat16, torch.int8),
    torch.bfloat16: (torch.int8,),
}
_CGROUPS = Path("/sys/fs/cgroup")


def weight_bytes(architecture: Qwen3Architecture, dtype: torch.dtype) -> int:
    """Return the bytes of a model's matrices when they are stored in `dtype`; int8 keeps the embeddings in bfloat16."""
    embeddings = architecture.vocab_size * architecture.hidden_size
    return embeddings * max(2, dtype.itemsize) + (architecture.n_parameters - embeddings) * dtype.itemsize


def needed_bytes(architecture: Qwen3Architecture, dtype: torch.dtype) -> int:
    """Return the bytes that a model needs to be loaded and run in `dtype`."""
    return int(weight_bytes(architecture, dtype) * (1 + _WORKING_SHARE)) + _WORKING_BYTES


def dtype_that_fits(
    dtype: torch.dtype, architecture: Qwen3Architecture, available: int | None, *, can_be_int8: bool = True
) -> tuple[torch.dtype, str]:
    """Return the dtype in which a model fits into memory, and the reason if it is not `dtype`.

    Args:
        dtype: The dtype to use if it fits.
        architecture: The model's dimensions.
        available: Bytes of memory; None if unknown, which fits everything.
        can_be_int8: Whether the model can be stored in int8.

    Returns:
        `dtype` or the largest smaller dtype that fits, else the smallest; and one sentence, "" if `dtype` fits.
    """
    needed = needed_bytes(architecture, dtype)
    smaller = [one for one in _SMALLER.get(dtype, ()) if can_be_int8 or one != torch.int8]
    if available is None or needed <= available or not smaller:
        return dtype, ""
    fits = (one for one in smaller if needed_bytes(architecture, one) <= available)
    chosen = next(fits, smaller[-1])
    less = needed_bytes(architecture, chosen)
    reason = (
        f"{_name(dtype)} needs {_gigabytes(needed)} and {_gigabytes(available)} of memory are available: "
        f"weights are stored in {_name(chosen)} and multiplied in float32"
    )
    return chosen, reason if less <= available else f"{reason}, which needs {_gigabytes(less)} and may fail as well"


def available_memory() -> int | None:
    """Return the bytes that this process may still allocate: the system's, or its control group's if that has less.

    None where the system doesn't tell.
    """
    found = [one for one in (_system_memory(), *_cgroup_memory()) if one is not None]
    return min(found, default=None)


def _system_memory() -> int | None:
    """Return the free memory of the system, including caches that it can drop."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return _pages("SC_AVPHYS_PAGES") or _pages("SC_PHYS_PAGES")


def _pages(name: str) -> int | None:
    """Return the bytes of a number of pages that the system's configuration has; None where it has none."""
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _cgroup_memory() -> Iterator[int]:
    """Yield what is left of the memory limit of each control group that this process is in (Linux, v2 and v1)."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in {"", "memory"}:
            root = _CGROUPS / controllers
            inner = root / path.lstrip("/")
            for folder in (inner, *inner.parents):
                if folder.is_relative_to(root) and (left := left_in_cgroup(folder)) is not None:
                    yield left


def left_in_cgroup(folder: Path) -> int | None:
    """Return what is left of the memory limit of the control group at `folder`; None if it has no limit."""
    for limit_name, used_name in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        try:
            limit, used = (int((folder / name).read_text(encoding="ascii")) for name in (limit_name, used_name))
        except (OSError, ValueError):  # no such file; or "max": no limit
            continue
        return max(0, limit - used + _cached_files(folder))
    return None


def _cached_files(folder: Path) -> int:
    """Return the bytes of files that count as used and can be dropped."""
    try:
        pairs = (line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
        return next(int(value) for name, value in pairs if name in {"inactive_file", "total_inactive_file"})
    except (OSError, ValueError, StopIteration):
        return 0


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
