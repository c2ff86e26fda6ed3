"""LangChain: Qwen3Embeddings, Qwen3Rerank and Qwen3HybridRetriever.

embeddings        Qwen3Embeddings(Embeddings)
rerank            Qwen3Rerank(BaseDocumentCompressor), Qwen3CrossEncoder(BaseCrossEncoder)
hybrid_retriever  Qwen3HybridRetriever(BaseRetriever): dense search and BM25
"""

from .embeddings import Qwen3Embeddings
from .hybrid_retriever import Qwen3HybridRetriever
from .rerank import Qwen3CrossEncoder, Qwen3Rerank

__all__ = ["Qwen3CrossEncoder", "Qwen3Embeddings", "Qwen3HybridRetriever", "Qwen3Rerank"]
