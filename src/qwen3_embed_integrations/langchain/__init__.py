"""LangChain: Qwen3Embeddings and Qwen3Rerank.

embeddings  Qwen3Embeddings(Embeddings)
rerank      Qwen3Rerank(BaseDocumentCompressor), Qwen3CrossEncoder(BaseCrossEncoder)
"""

from .embeddings import Qwen3Embeddings
from .rerank import Qwen3CrossEncoder, Qwen3Rerank

__all__ = ["Qwen3CrossEncoder", "Qwen3Embeddings", "Qwen3Rerank"]
