"""LlamaIndex: Qwen3Embedding.

embedding   Qwen3Embedding(BaseEmbedding)
role_cache  keys of LlamaIndex's embedding cache that tell roles and spaces apart
"""

from .embedding import LlamaIndexOptions, Qwen3Embedding

__all__ = ["LlamaIndexOptions", "Qwen3Embedding"]
