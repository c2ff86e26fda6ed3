"""Names, dtypes, shapes and digest of a folder's safetensors weights; check that the files are complete."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

from qwen3_embed_integrations.core.errors import CheckpointError

from .export_manifest import has_manifest
from .files import open_regular, read_json

INDEX_FILE = "model.safetensors.index.json"
_SAMPLE = 4096  # bytes read at each end of each tensor: fine-tuning changes them, and 15 GB take milliseconds
_MAX_HEADER_BYTES = 100_000_000  # the limit of the safetensors library
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16}
_AGAIN = "Copy or download the checkpoint again."


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies and what it is.

    Attributes:
        path: Its file.
        dtype: Safetensors' name of the type, such as "BF16".
        shape: Its axes.
        begin: Offset of its first byte in the file.
        end: Offset after its last byte.
    """

    path: Path
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_index(folder: Path) -> dict[str, StoredTensor]:
    """Return the tensors of all safetensors files in `folder` by name; read only the headers.

    Raises:
        CheckpointError: There is no safetensors file, there are only pickles, a file is truncated or damaged, or a
            tensor is stored in two files.
    """
    index: dict[str, StoredTensor] = {}
    for path in _weight_files(folder):
        for name, tensor in _tensors(path):
            if name in index:
                raise CheckpointError(
                    f"{name!r} is stored both in {index[name].path} and in {path.name}. Remove the file that does not "
                    "belong to the checkpoint."
                )
            index[name] = tensor
    return index


def weights_digest(folder: Path) -> str:
    """Return a digest of the name, dtype, shape, first and last bytes of each tensor in `folder`.

    The digest does not depend on the path, nor on how the weights are split into files.

    Returns:
        32 hexadecimal digits.

    Raises:
        CheckpointError: As for `read_index`.
    """
    return digest_of(read_index(folder))


def digest_of(index: Mapping[str, StoredTensor]) -> str:
    """Return `weights_digest` of the tensors of `read_index`.

    Raises:
        CheckpointError: A file can't be read any more.
    """
    digest = hashlib.sha256()
    files: dict[Path, BinaryIO] = {}
    try:
        for name, tensor in sorted(index.items()):
            if tensor.path not in files:
                files[tensor.path] = _opened(tensor.path)
            digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
            digest.update(_ends(files[tensor.path], tensor))
    finally:
        for file in files.values():
            file.close()
    return digest.hexdigest()[:32]


def n_parameters(folder: Path) -> int:
    """Return the number of weights in a folder's safetensors files; read only their headers.

    Raises:
        CheckpointError: As for `read_index`.
    """
    return sum(map(prod, tensor_shapes(folder).values()))


def tensor_shapes(folder: Path) -> dict[str, list[int]]:
    """Return the shape of each tensor in a folder's safetensors files; read only their headers.

    Raises:
        CheckpointError: As for `read_index`.
    """
    return {name: list(tensor.shape) for name, tensor in read_index(folder).items()}


def _weight_files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.safetensors"))
    if (folder / INDEX_FILE).exists():
        _raise_for_missing_shards(folder, {path.name for path in found})
    if found:
        return found
    pickles = [path.name for pattern in _PICKLES for path in folder.glob(pattern)]
    if pickles:
        raise CheckpointError(
            f"{folder} has only pickled weights ({pickles[0]}), which can run code when they are opened. "
            "Convert them to model.safetensors first."
        )
    if has_manifest(folder):
        raise CheckpointError(
            f"{folder} holds a model that `qwen3-embed export` wrote, and no *.safetensors. "
            'Use backend="onnx", or name the folder of the original model.'
        )
    if gguf := sorted(folder.glob("*.gguf")):
        raise CheckpointError(f"{folder} has no *.safetensors. To load its GGUF file, name it: model={str(gguf[0])!r}.")
    if any(folder.glob("*.onnx")):
        raise CheckpointError(
            f"{folder} has weights for ONNX Runtime (*.onnx) and no *.safetensors. Name the folder of the original "
            "model, and export it with `qwen3-embed export` if you want to run it without torch."
        )
    raise CheckpointError(f"{folder} has no *.safetensors weights. {_AGAIN}")


def _raise_for_missing_shards(folder: Path, present: set[str]) -> None:
    named = read_json(folder / INDEX_FILE).get("weight_map")
    if not isinstance(named, dict):
        raise CheckpointError(f"{folder / INDEX_FILE} has no weight_map: it is damaged. {_AGAIN}")
    missing = sorted({str(file) for file in named.values()} - present)
    if missing:
        raise CheckpointError(f"{folder} lacks {missing[0]!r}, which {INDEX_FILE} names. {_AGAIN}")


def _tensors(path: Path) -> Iterator[tuple[str, StoredTensor]]:
    """Yield each tensor of a file (format: safetensors' README)."""
    with _opened(path) as file:
        header, start = _header(path, file)
        size = path.stat().st_size
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        tensor = _tensor(path, name, entry, start)
        if tensor.end > size:
            raise CheckpointError(
                f"{path} is truncated: {name!r} ends at byte {tensor.end}, the file has {size}. {_AGAIN}"
            )
        yield name, tensor


def _tensor(path: Path, name: str, entry: Any, start: int) -> StoredTensor:
    found = entry if isinstance(entry, dict) else {}
    dtype, shape, span = found.get("dtype"), found.get("shape"), found.get("data_offsets")
    if isinstance(dtype, str) and _are_sizes(shape) and _are_sizes(span) and len(span) == 2 and span[0] <= span[1]:  # noqa: PLR2004 - begin and end
        n_bits = _BITS.get(dtype)
        if n_bits is None or prod(shape) * n_bits == 8 * (span[1] - span[0]):
            return StoredTensor(path, dtype, tuple(shape), start + span[0], start + span[1])
    raise CheckpointError(f"{path} has a damaged header at {name!r}. {_AGAIN}")


def _are_sizes(found: Any) -> TypeGuard[list[int]]:
    return isinstance(found, list) and all(type(size) is int and size >= 0 for size in found)


def _ends(file: BinaryIO, tensor: StoredTensor) -> bytes:
    """Return the first and the last bytes of a tensor."""
    size = min(_SAMPLE, tensor.end - tensor.begin)
    file.seek(tensor.begin)
    head = file.read(size)
    file.seek(tensor.end - size)
    return head + file.read(size)


def _opened(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except OSError as error:
        raise CheckpointError(f"{path} can't be read ({error}). {_AGAIN}") from error


def _header(path: Path, file: BinaryIO) -> tuple[dict[str, Any], int]:
    try:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _MAX_HEADER_BYTES:
            raise ValueError(f"its header would have {length} bytes")  # noqa: TRY301 - one message for all of them
        header = json.loads(file.read(length))
    except (struct.error, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not a complete safetensors file ({error}). {_AGAIN}") from error
    if not isinstance(header, dict):
        raise CheckpointError(f"{path} has a damaged header. {_AGAIN}")
    return header, 8 + length
