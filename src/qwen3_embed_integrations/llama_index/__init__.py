"""LlamaIndex: Qwen3Embedding and Qwen3HybridRetriever.

embedding         Qwen3Embedding(BaseEmbedding)
role_cache        keys of LlamaIndex's embedding cache that tell roles and spaces apart
hybrid_retriever  Qwen3HybridRetriever(BaseRetriever): dense search and BM25
"""

from .embedding import LlamaIndexOptions, Qwen3Embedding
from .hybrid_retriever import Qwen3HybridRetriever

__all__ = ["LlamaIndexOptions", "Qwen3Embedding", "Qwen3HybridRetriever"]
