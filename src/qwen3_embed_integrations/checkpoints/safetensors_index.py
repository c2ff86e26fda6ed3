"""Names, shapes and digest of a folder's safetensors weights; check that the files are complete."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from qwen3_embed_integrations.core.errors import CheckpointError

_SAMPLE = 4096  # bytes read at each end of each tensor: fine-tuning changes them, and 15 GB take milliseconds
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def weights_digest(folder: Path) -> str:
    """Return a digest of the name, dtype, shape, first and last bytes of each tensor in `folder`.

    The digest does not depend on the path, nor on how the weights are split into files.

    Returns:
        32 hexadecimal digits.

    Raises:
        CheckpointError: There is no safetensors file, there are only pickles, or a file is truncated or damaged.
    """
    tensors = sorted(tensor for path in _weight_files(folder) for tensor in _tensors(path))
    digest = hashlib.sha256()
    for name, description, ends in tensors:
        digest.update(f"{name} {description}\n".encode())
        digest.update(ends)
    return digest.hexdigest()[:32]


def n_parameters(folder: Path) -> int:
    """Return the number of weights in a folder's safetensors files; read only their headers.

    Raises:
        CheckpointError: There is no safetensors file, there are only pickles, or a header is damaged.
    """
    return sum(map(prod, tensor_shapes(folder).values()))


def tensor_shapes(folder: Path) -> dict[str, list[int]]:
    """Return the shape of each tensor in a folder's safetensors files; read only their headers.

    Raises:
        CheckpointError: There is no safetensors file, there are only pickles, or a header is damaged.
    """
    shapes: dict[str, list[int]] = {}
    for path in _weight_files(folder):
        with _opened(path) as file:
            header, _ = _header(path, file.read(8), file.read)
        shapes |= {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
    return shapes


def _weight_files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*.safetensors"))
    if found:
        return found
    pickles = [path.name for pattern in _PICKLES for path in folder.glob(pattern)]
    if pickles:
        raise CheckpointError(
            f"{folder} has only pickled weights ({pickles[0]}), which can run code when they are opened. "
            "Convert them to model.safetensors first."
        )
    raise CheckpointError(f"{folder} has no *.safetensors weights. Copy or download the checkpoint again.")


def _tensors(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield (name, dtype and shape, first and last bytes) of each tensor (format: safetensors' README)."""
    with _opened(path) as file:
        header, start = _header(path, file.read(8), file.read)
        size = path.stat().st_size
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = (start + offset for offset in _span(path, name, entry))
            if end > size:
                raise CheckpointError(
                    f"{path} is truncated: {name} ends at byte {end}, the file has {size}. "
                    "Copy or download the checkpoint again."
                )
            file.seek(begin)
            head = file.read(min(_SAMPLE, end - begin))
            file.seek(max(begin, end - _SAMPLE))
            yield name, f"{entry['dtype']} {entry['shape']}", head + file.read(min(_SAMPLE, end - begin))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise CheckpointError(f"{path} can't be read ({error}). Copy or download the checkpoint again.") from error


def _span(path: Path, name: str, entry: Any) -> tuple[int, int]:
    """Return the start and end of a tensor's bytes, counted from the end of the header."""
    span = entry.get("data_offsets") if isinstance(entry, dict) and {"dtype", "shape"} <= entry.keys() else None
    if not isinstance(span, list) or [type(offset) for offset in span] != [int, int] or not 0 <= span[0] <= span[1]:
        raise CheckpointError(f"{path} has a damaged header at {name!r}. Copy or download the checkpoint again.")
    return span[0], span[1]


def _header(path: Path, prefix: bytes, read: Any) -> tuple[dict[str, Any], int]:
    try:
        (length,) = struct.unpack("<Q", prefix)
        header = json.loads(read(min(length, path.stat().st_size)))
    except (struct.error, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is not a complete safetensors file ({error}). Copy or download the checkpoint again."
        ) from error
    if not isinstance(header, dict):
        raise CheckpointError(f"{path} has a damaged header. Copy or download the checkpoint again.")
    return header, 8 + length
