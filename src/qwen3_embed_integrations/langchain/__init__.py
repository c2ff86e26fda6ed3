"""LangChain: Qwen3Embeddings, Qwen3Rerank, Qwen3HybridRetriever and Qwen3TwoStageRetriever.

embeddings        Qwen3Embeddings(Embeddings)
rerank            Qwen3Rerank(BaseDocumentCompressor), Qwen3CrossEncoder(BaseCrossEncoder)
hybrid_retriever  Qwen3HybridRetriever(BaseRetriever): dense search and BM25
prefetching       embeddings that are there before a vector store asks for them
two_stage_retriever  Qwen3TwoStageRetriever(BaseRetriever): Matryoshka search over a handle of `stores`

All but the first are loaded at their first use: LangChain's retrievers import its tracing, which takes half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qwen3_embed_integrations.core.lazy_names import lazy_names

from .embeddings import Qwen3Embeddings

if TYPE_CHECKING:
    from .hybrid_retriever import Qwen3HybridRetriever
    from .rerank import Qwen3CrossEncoder, Qwen3Rerank
    from .two_stage_retriever import Qwen3TwoStageRetriever

__all__ = ["Qwen3CrossEncoder", "Qwen3Embeddings", "Qwen3HybridRetriever", "Qwen3Rerank", "Qwen3TwoStageRetriever"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Qwen3CrossEncoder": "rerank",
        "Qwen3HybridRetriever": "hybrid_retriever",
        "Qwen3Rerank": "rerank",
        "Qwen3TwoStageRetriever": "two_stage_retriever",
    },
)
