"""Read weights from a folder's safetensors files, one tensor at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from qwen3_embed_integrations.core.errors import CheckpointError


class FolderWeights:
    """A checkpoint's weights by their names in Qwen3Model, converted as they are read.

    Args:
        folder: Has the *.safetensors files; names may have the prefix "model." of Qwen3ForCausalLM.
        device: Where the weights are put.
        dtype: The dtype to which they are converted.
    """

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
        self._folder = folder
        self._device = device
        self._dtype = dtype
        self._files: dict[str, Path] = {}
        for path in sorted(folder.glob("*.safetensors")):
            with self._opened(path) as file:
                self._files |= dict.fromkeys(file.keys(), path)

    def __call__(self, name: str, *shape: int) -> torch.Tensor:
        """Return the weight called `name`, of this shape.

        Raises:
            CheckpointError: There is no such weight, it has another shape, or a file can't be opened.
        """
        stored = name if name in self._files else f"model.{name}"
        if stored not in self._files:
            raise CheckpointError(
                f"The weights in {self._folder} lack {name}. The checkpoint is incomplete: copy or download it again."
            )
        with self._opened(self._files[stored]) as file:
            weight: torch.Tensor = file.get_tensor(stored)
        if weight.shape != shape:
            raise CheckpointError(
                f"The weight {stored} in {self._folder} has shape {tuple(weight.shape)}, config.json says {shape}. "
                "Copy or download the checkpoint again."
            )
        return weight.to(self._device, self._dtype, copy=True)  # a copy, so that the file's pages don't stay mapped

    def _opened(self, path: Path) -> safe_open:
        try:
            return safe_open(path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{path} can't be opened ({error}). Copy or download the checkpoint again."
            ) from error


class MergedWeights:
    """The weights of a state dict by their names.

    Args:
        weights: The state dict of a Qwen3Model.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor]) -> None:
        self._weights = weights

    def __call__(self, name: str, *shape: int) -> torch.Tensor:
        """Return the weight called `name`; transformers has checked its shape at loading."""
        return self._weights[name].view(shape)
