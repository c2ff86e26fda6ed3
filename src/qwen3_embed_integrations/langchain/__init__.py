"""LangChain: Qwen3Embeddings, Qwen3Rerank and Qwen3HybridRetriever.

embeddings        Qwen3Embeddings(Embeddings)
rerank            Qwen3Rerank(BaseDocumentCompressor), Qwen3CrossEncoder(BaseCrossEncoder)
hybrid_retriever  Qwen3HybridRetriever(BaseRetriever): dense search and BM25

The last two are loaded at their first use: LangChain's retrievers import its tracing, which takes half a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .embeddings import Qwen3Embeddings

if TYPE_CHECKING:
    from .hybrid_retriever import Qwen3HybridRetriever
    from .rerank import Qwen3CrossEncoder, Qwen3Rerank

__all__ = ["Qwen3CrossEncoder", "Qwen3Embeddings", "Qwen3HybridRetriever", "Qwen3Rerank"]

_LATER = {"Qwen3CrossEncoder": "rerank", "Qwen3HybridRetriever": "hybrid_retriever", "Qwen3Rerank": "rerank"}


def __getattr__(name: str) -> Any:
    """Load a name of `_LATER` at its first use."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | _LATER.keys())
