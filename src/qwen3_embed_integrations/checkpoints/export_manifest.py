"""The manifest of an exported model: what the graph computes, and the digests of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from qwen3_embed_integrations.core.errors import CheckpointError
from qwen3_embed_integrations.core.task_effects import TaskEffect

from .files import open_regular, read_json

MANIFEST_FILE = "export_manifest.json"
GRAPH_FILE = "model.onnx"
FORMAT_VERSION = 1
OPSET = 23
"""Opset of the graphs: the first one with Attention, RMSNormalization and RotaryEmbedding."""

_WHOLE_BYTES = 128 << 20  # larger files are sampled: 2.4 GB would take seconds at each start
_STEP, _SAMPLE = 1 << 20, 4096
_AGAIN = "Export the model again, or copy the whole folder again."


@dataclass(frozen=True)
class FileDigest:
    """What a file must be.

    Attributes:
        n_bytes: Its length.
        sha256: Digest of all of it, or of a sample if it is longer than 128 MiB: the first 4 KiB of each MiB and the
            last 4 KiB.
    """

    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class ExportManifest:
    """What an exported model says of itself.

    Attributes:
        model: Name of the model that was exported.
        revision: Its commit, or "".
        weights: Digest of its weights, as in `ModelInfo`: embeddings of equal digests are comparable.
        dtype: "float32", "float16", "int8", "int8_blocks" or "int4": the numbers that the files hold.
        is_reranker: Whether the graph returns a pair's logit instead of a text's embedding.
        hidden_size: Length of a full embedding.
        num_hidden_layers: Layers of keys and values.
        key_size: Numbers in a token's keys of one layer.
        context_length: As in `ModelInfo`, as are the next four.
        max_seq_length: See there.
        pooling: See there.
        prompts: See there.
        task_effects: See there.
        files: The graph and its data by their names, all in the manifest's folder.
        opset: Opset of the graph.
        version: Of this format.
    """

    model: str
    revision: str
    weights: str
    dtype: str
    is_reranker: bool
    hidden_size: int
    num_hidden_layers: int
    key_size: int
    context_length: int
    max_seq_length: int
    pooling: str
    prompts: dict[str, str]
    files: dict[str, FileDigest]
    task_effects: dict[str, TaskEffect] = field(default_factory=dict)
    opset: int = OPSET
    version: int = FORMAT_VERSION

    def write(self, folder: Path) -> None:
        """Write the manifest into `folder`."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False)
        (folder / MANIFEST_FILE).write_text(f"{text}\n", encoding="utf-8")


def read_manifest(folder: Path) -> ExportManifest:
    """Read the manifest in `folder`.

    Raises:
        CheckpointError: It is missing, damaged, or of another version or opset.
    """
    path = folder / MANIFEST_FILE
    stored = read_json(path)
    if stored.get("version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has version {stored.get('version')!r}, expected {FORMAT_VERSION}. Update "
            "qwen3-embed-integrations, or export the model with this version."
        )
    try:
        manifest = TypeAdapter(ExportManifest).validate_python(stored)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CheckpointError(f"{path} is damaged at {where!r} ({first['msg']}). {_AGAIN}") from error
    if manifest.opset != OPSET:
        raise CheckpointError(f"{path} says opset {manifest.opset}, this version runs opset {OPSET}. {_AGAIN}")
    if GRAPH_FILE not in manifest.files or any(Path(name).name != name for name in manifest.files):
        raise CheckpointError(f"{path} names no {GRAPH_FILE}, or a file outside its folder: it is damaged. {_AGAIN}")
    return manifest


def check_files(folder: Path, manifest: ExportManifest) -> None:
    """Check that the graph and its data are those that were exported.

    Raises:
        CheckpointError: A file is missing, truncated or changed; the message says which.
    """
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise CheckpointError(f"{folder} lacks {name}, which {MANIFEST_FILE} names. {_AGAIN}")
        n_bytes = path.stat().st_size
        if n_bytes < expected.n_bytes:
            raise CheckpointError(f"{path} is truncated: it has {n_bytes} bytes of {expected.n_bytes}. {_AGAIN}")
        if file_digest(path) != expected:
            raise CheckpointError(
                f"{path} is not the file that was exported: its digest is not the one in {MANIFEST_FILE}. {_AGAIN}"
            )


def file_digest(path: Path) -> FileDigest:
    """Return length and digest of a file.

    Raises:
        CheckpointError: It can't be read.
    """
    n_bytes = path.stat().st_size
    digest = hashlib.sha256(str(n_bytes).encode())
    with open_regular(path) as file:
        for part in _parts(file, n_bytes):
            digest.update(part)
    return FileDigest(n_bytes, digest.hexdigest())


def _parts(file: BinaryIO, n_bytes: int) -> Iterator[bytes]:
    if n_bytes <= _WHOLE_BYTES:
        while part := file.read(_STEP):
            yield part
        return
    for offset in (*range(0, n_bytes, _STEP), n_bytes - _SAMPLE):
        file.seek(offset)
        yield file.read(_SAMPLE)


def has_manifest(folder: Path) -> bool:
    """Return whether `folder` holds an exported model."""
    return (folder / MANIFEST_FILE).is_file()
