"""Read weights from a folder's safetensors files, one tensor at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open

from qwen3_embed_integrations.core.errors import CheckpointError

if TYPE_CHECKING:
    from qwen3_embed_integrations.checkpoints.gguf_file import GgufFile


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
        stored = self._stored(name)
        with self._opened(self._files[stored]) as file:
            weight: torch.Tensor = file.get_tensor(stored)
        if weight.shape != shape:
            raise CheckpointError(
                f"The weight {stored} in {self._folder} has shape {tuple(weight.shape)}, config.json says {shape}. "
                "Copy or download the checkpoint again."
            )
        return weight.to(self._device, self._dtype, copy=True)  # a copy, so that the file's pages don't stay mapped

    def has(self, name: str) -> bool:
        """Return whether there is a weight called `name`."""
        return name in self._files or f"model.{name}" in self._files

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of the weight called `name`; read only the file's header.

        Raises:
            CheckpointError: There is no such weight, or a file can't be opened.
        """
        stored = self._stored(name)
        with self._opened(self._files[stored]) as file:
            return tuple(file.get_slice(stored).get_shape())

    def rows(self, name: str, indices: Sequence[int], width: int) -> torch.Tensor:
        """Return some rows of a matrix, `[len(indices), width]`; read nothing else of it.

        Raises:
            CheckpointError: There is no such weight, it has another shape, or a file can't be opened.
        """
        shape = self.shape(name)
        if len(shape) != 2 or shape[1] != width or max(indices) >= shape[0]:  # noqa: PLR2004 - a matrix
            raise CheckpointError(
                f"The weight {name} in {self._folder} has shape {shape}, expected {width} columns and more than "
                f"{max(indices)} rows. Copy or download the checkpoint again."
            )
        stored = self._stored(name)
        with self._opened(self._files[stored]) as file:
            matrix = file.get_slice(stored)
            found = torch.cat([matrix[index : index + 1] for index in indices])
        return found.to(self._device, self._dtype)

    def _stored(self, name: str) -> str:
        """Return the name under which a weight is stored."""
        stored = name if name in self._files else f"model.{name}"
        if stored not in self._files:
            raise CheckpointError(
                f"The weights in {self._folder} lack {name}. The checkpoint is incomplete: copy or download it again."
            )
        return stored

    def _opened(self, path: Path) -> safe_open:
        try:
            return safe_open(path, framework="pt")
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{path} can't be opened ({error}). Copy or download the checkpoint again."
            ) from error


class GgufWeights:
    """The weights of a GGUF file by their names in Qwen3Model, dequantised as they are read.

    Args:
        file: The opened file.
        device: Where the weights are put.
        dtype: The dtype to which they are converted.
    """

    def __init__(self, file: GgufFile, device: torch.device, dtype: torch.dtype) -> None:
        self._file = file
        self._device = device
        self._dtype = dtype

    def __call__(self, name: str, *shape: int) -> torch.Tensor:
        """Return the weight called `name`, whose shape was checked when the file was opened."""
        return torch.tensor(self._file.weight(name), device=self._device, dtype=self._dtype).view(shape)


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
