"""Qwen3-Reranker as a Haystack ranker; Haystack loads stored pipelines only from this namespace."""

from .ranker import Qwen3Ranker

__all__ = ["Qwen3Ranker"]
