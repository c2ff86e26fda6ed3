"""Exported models, written by the tests with the package itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import onnx

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.checkpoints.export_manifest import (
    GRAPH_FILE,
    MANIFEST_FILE,
    ExportManifest,
    file_digest,
    read_manifest,
)
from qwen3_embed_integrations.export import ExportOptions, export

TEXTS = [
    "Where is the Eiffel tower?",
    "a",
    "Wie sortiere ich eine Liste nach mehreren Schlüsseln?",
    "如何在不联网的情况下计算文本向量?",
    "A cache keeps what was computed, so that it need not be computed again. " * 8,
    "Sentences of very different lengths make one batch. " * 30,
]


def exported(model: str | Path, folder: Path, **options: Any) -> Path:
    """Export a model into `folder` and return it."""
    return export(EncoderConfig(model=str(model)), ExportOptions(output=folder, **options)).folder


def changed_manifest(folder: Path, **values: Any) -> ExportManifest:
    """Change values of the manifest, and make it agree with the graph as it is now."""
    manifest = read_manifest(folder)
    files = manifest.files | {GRAPH_FILE: file_digest(folder / GRAPH_FILE)}
    changed = ExportManifest(**{**vars(manifest), "files": files, **values})
    (folder / MANIFEST_FILE).unlink()
    changed.write(folder)
    return changed


def changed_graph(folder: Path, change: Any) -> Path:
    """Change the graph by `change(model)`, manifest included."""
    model = onnx.load(folder / GRAPH_FILE, load_external_data=False)
    change(model)
    (folder / GRAPH_FILE).write_bytes(model.SerializeToString())
    changed_manifest(folder)
    return folder


def copied(folder: Path, to: Path) -> Path:
    """Return a copy that a test may damage."""
    return Path(shutil.copytree(folder, to / "copy"))
