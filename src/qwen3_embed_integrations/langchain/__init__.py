"""LangChain: Qwen3Embeddings, Qwen3Rerank, Qwen3HybridRetriever and Qwen3TwoStageRetriever.

embeddings        Qwen3Embeddings(Embeddings)
rerank            Qwen3Rerank(BaseDocumentCompressor), Qwen3CrossEncoder(BaseCrossEncoder)
hybrid_retriever  Qwen3HybridRetriever(BaseRetriever): dense search and BM25
prefetching       embeddings that are there before a vector store asks for them
two_stage_retriever  Qwen3TwoStageRetriever(BaseRetriever): Matryoshka search over a handle of `stores`

All but the first are loaded at their first use: LangChain's retrievers import its tracing, which takes half a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .embeddings import Qwen3Embeddings

if TYPE_CHECKING:
    from .hybrid_retriever import Qwen3HybridRetriever
    from .rerank import Qwen3CrossEncoder, Qwen3Rerank
    from .two_stage_retriever import Qwen3TwoStageRetriever

__all__ = ["Qwen3CrossEncoder", "Qwen3Embeddings", "Qwen3HybridRetriever", "Qwen3Rerank", "Qwen3TwoStageRetriever"]

_LATER = {
    "Qwen3CrossEncoder": "rerank",
    "Qwen3HybridRetriever": "hybrid_retriever",
    "Qwen3Rerank": "rerank",
    "Qwen3TwoStageRetriever": "two_stage_retriever",
}


def __getattr__(name: str) -> Any:
    """Load a name of `_LATER` at its first use."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | _LATER.keys())
