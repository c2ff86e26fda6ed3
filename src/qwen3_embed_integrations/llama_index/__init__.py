"""LlamaIndex: Qwen3Embedding, Qwen3Rerank, Qwen3HybridRetriever and Qwen3TwoStageRetriever.

embedding         Qwen3Embedding(BaseEmbedding)
rerank            Qwen3Rerank(BaseNodePostprocessor)
nodes             the check of nodes that a caller hands over, and storable_nodes
role_cache        keys of LlamaIndex's embedding cache that tell roles and spaces apart
hybrid_retriever  Qwen3HybridRetriever(BaseRetriever): dense search and BM25
two_stage_retriever  Qwen3TwoStageRetriever(BaseRetriever): Matryoshka search over a handle of `stores`
"""

from .embedding import LlamaIndexOptions, Qwen3Embedding
from .hybrid_retriever import Qwen3HybridRetriever
from .nodes import storable_nodes
from .rerank import LlamaIndexRerankOptions, Qwen3Rerank
from .two_stage_retriever import Qwen3TwoStageRetriever

__all__ = [
    "LlamaIndexOptions",
    "LlamaIndexRerankOptions",
    "Qwen3Embedding",
    "Qwen3HybridRetriever",
    "Qwen3Rerank",
    "Qwen3TwoStageRetriever",
    "storable_nodes",
]
