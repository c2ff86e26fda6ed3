"""Hybrid search as a Haystack retriever."""

from .hybrid_retriever import Qwen3HybridRetriever

__all__ = ["Qwen3HybridRetriever"]
