"""A checkpoint of the same shape with other weights."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from safetensors.numpy import load_file, save_file


def retrained(checkpoint: Path) -> Path:
    """Return a copy of the checkpoint with other weights of the same shape."""
    copy = Path(shutil.copytree(checkpoint, Path(tempfile.mkdtemp()) / "retrained"))
    weights = load_file(copy / "model.safetensors")
    mixed = {name: tensor[..., ::-1].copy() if tensor.ndim > 1 else tensor for name, tensor in weights.items()}
    save_file(mixed, copy / "model.safetensors", metadata={"format": "pt"})
    return copy
