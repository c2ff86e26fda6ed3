"""An exported graph on ONNX Runtime or OpenVINO: no torch, no transformers.

build              configuration and exported model → backend; a report of what runs it
forward            a packed batch → pooled embeddings
graph_inputs       a packed batch → the arrays that the graph takes
token_pooling      token states → one embedding a text
session            the graph on a runtime: what both runtimes can do
onnxruntime_session  on ONNX Runtime
saturation         whether its 8-bit products need the exact ones on this CPU
openvino_session     on OpenVINO
"""

from __future__ import annotations

from qwen3_embed_integrations.checkpoints.exported_model import ExportedModel, open_exported
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.protocols import Backend
from qwen3_embed_integrations.core.reranker_config import RerankerRuntimeConfig

__all__ = ["build_backend", "open_model", "report_plan"]


def open_model(config: EncoderConfig) -> ExportedModel:
    """Open the exported model of `config`, an embedding model or a reranker; load no weights."""
    return open_exported(config, is_reranker=isinstance(config, RerankerRuntimeConfig))


def build_backend(config: EncoderConfig, model: ExportedModel) -> Backend:
    """Load the graph and return a backend that runs it; the runtime is imported here."""
    from .build import load_backend

    return load_backend(config, model)


def report_plan(config: EncoderConfig, model: ExportedModel) -> list[tuple[str, str]]:
    """Return what would run the model here, as (what, found); load no weights."""
    from .build import report

    return report(config, model)
