"""`qwen3-embed export`: write a model as an ONNX graph, and say what was written."""

from __future__ import annotations

import sys

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.export import ExportOptions, export


def run(config: EncoderConfig, options: ExportOptions) -> None:
    """Export the model and print where it is, how large, and how near to torch's.

    Raises:
        ConfigError: The output exists already, or an option doesn't fit.
        CheckpointError: The model can't be exported, or is too far from torch's.
        MissingExtraError: The extra "export" is not installed.
    """
    report = export(config, options)
    manifest = report.manifest
    kind = "reranker" if manifest.is_reranker else "embedding model"
    sys.stdout.write(f"{report.folder}: {kind} {manifest.model} in {manifest.dtype}, {report.n_bytes / 1e6:,.1f} MB.\n")
    if report.difference:
        sys.stdout.write(f"{report.difference}.\n")
    name = "Qwen3Reranker" if manifest.is_reranker else "Qwen3Encoder"
    sys.stdout.write(f'Use it without torch: {name}(model={str(report.folder)!r}, backend="onnx")\n')
