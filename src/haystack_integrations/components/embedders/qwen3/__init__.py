"""Qwen3-Embedding as Haystack embedders; Haystack loads stored pipelines only from this namespace."""

from .document_embedder import Qwen3DocumentEmbedder
from .text_embedder import Qwen3TextEmbedder

__all__ = ["Qwen3DocumentEmbedder", "Qwen3TextEmbedder"]
