"""A checkpoint's weights as numpy arrays, one at a time; a LoRA adapter is merged by torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from qwen3_embed_integrations.checkpoints.checkpoint import Checkpoint
from qwen3_embed_integrations.checkpoints.expected_weights import PREFIX
from qwen3_embed_integrations.checkpoints.safetensors_index import StoredTensor, read_index
from qwen3_embed_integrations.core.errors import CheckpointError
from qwen3_embed_integrations.core.types import FloatArray

Array = npt.NDArray[np.generic]
ReadWeight = Callable[[str], Array]
"""A weight's name in Qwen3Model → its numbers: float64, float32, float16, or bfloat16 as its uint16 bits."""

_DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16}


def read_weights(checkpoint: Checkpoint) -> ReadWeight:
    """Return the function that reads the weights of a checkpoint.

    Raises:
        MissingExtraError: There is a LoRA adapter, and peft or torch is not installed.
    """
    if checkpoint.gguf is not None:
        return checkpoint.gguf.weight
    if checkpoint.adapter is not None:
        return _merged(checkpoint)
    index = read_index(checkpoint.folder)

    def read(name: str) -> Array:
        return _read(stored_tensor(index, name, checkpoint))

    return read


def stored_tensor(index: dict[str, StoredTensor], name: str, checkpoint: Checkpoint) -> StoredTensor:
    """Return where a weight is stored.

    Raises:
        CheckpointError: There is no such weight, or not as floating-point numbers.
    """
    stored = index.get(name) or index.get(PREFIX + name)
    if stored is None:
        raise CheckpointError(f"The weights in {checkpoint.folder} lack {name}. Copy or download the checkpoint again.")
    if stored.dtype not in _DTYPES:
        raise CheckpointError(
            f"The weight {name} in {checkpoint.folder} has dtype {stored.dtype}, expected {', '.join(_DTYPES)}. "
            "Export the original checkpoint."
        )
    return stored


def as_float32(array: Array) -> FloatArray:
    """Return the numbers of a weight in float32; uint16 are the bits of bfloat16."""
    if array.dtype == np.uint16:
        widened: FloatArray = (array.astype(np.uint32) << 16).view(np.float32)
        return widened
    return array.astype(np.float32, copy=False)


def _read(stored: StoredTensor) -> Array:
    return np.memmap(stored.path, _DTYPES[stored.dtype], "r", stored.begin, stored.shape)


def _merged(checkpoint: Checkpoint) -> ReadWeight:
    """Merge the adapter into the base's weights, in float32."""
    import torch

    from qwen3_embed_integrations.backends.torch.load import take_weights
    from qwen3_embed_integrations.checkpoints.checkpoint import read_json
    from qwen3_embed_integrations.checkpoints.expected_weights import expected_weights

    take = take_weights(checkpoint, torch.device("cpu"), torch.float32)
    shapes = dict(expected_weights(read_json(checkpoint.folder / "config.json")))

    def read(name: str) -> Array:
        merged: Array = take(name, *shapes[name]).detach().numpy()
        return merged

    return read
