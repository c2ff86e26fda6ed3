"""LangChain: Qwen3Embeddings, Qwen3Rerank, Qwen3HybridRetriever and Qwen3TwoStageRetriever.

embeddings        Qwen3Embeddings(Embeddings)
rerank            Qwen3Rerank(BaseDocumentCompressor), Qwen3CrossEncoder(BaseCrossEncoder)
hybrid_retriever  Qwen3HybridRetriever(BaseRetriever): dense search and BM25
prefetching       embeddings that are there before a vector store asks for them
two_stage_retriever  Qwen3TwoStageRetriever(BaseRetriever): Matryoshka search over a handle of `stores`
"""

from .embeddings import Qwen3Embeddings
from .hybrid_retriever import Qwen3HybridRetriever
from .rerank import Qwen3CrossEncoder, Qwen3Rerank
from .two_stage_retriever import Qwen3TwoStageRetriever

__all__ = ["Qwen3CrossEncoder", "Qwen3Embeddings", "Qwen3HybridRetriever", "Qwen3Rerank", "Qwen3TwoStageRetriever"]
