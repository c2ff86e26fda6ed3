"""This process's memory in bytes, read from /proc; 0 on systems without it."""

from __future__ import annotations

from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def resident() -> int:
    """Return the resident bytes."""
    return _read("VmRSS:")


def peak() -> int:
    """Return the peak resident bytes since the process began, or since `reset_peak`."""
    return _read("VmHWM:")


def reset_peak() -> None:
    """Reset the peak."""
    if _CLEAR.exists():
        _CLEAR.write_text("5", encoding="utf-8")


def _read(name: str) -> int:
    if not _STATUS.exists():
        return 0
    line = next(line for line in _STATUS.read_text(encoding="utf-8").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
