"""LlamaIndex: Qwen3Embedding and Qwen3Rerank.

embedding   Qwen3Embedding(BaseEmbedding)
rerank      Qwen3Rerank(BaseNodePostprocessor)
role_cache  keys of LlamaIndex's embedding cache that tell roles and spaces apart
"""

from .embedding import LlamaIndexOptions, Qwen3Embedding
from .rerank import LlamaIndexRerankOptions, Qwen3Rerank

__all__ = ["LlamaIndexOptions", "LlamaIndexRerankOptions", "Qwen3Embedding", "Qwen3Rerank"]
