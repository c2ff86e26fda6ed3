"""Hybrid and two-stage search as Haystack retrievers."""

from .hybrid_retriever import Qwen3HybridRetriever
from .two_stage_retriever import Qwen3TwoStageRetriever

__all__ = ["Qwen3HybridRetriever", "Qwen3TwoStageRetriever"]
