"""The Chroma integration: Qwen3EmbeddingFunction, the guard that Chroma lacks, and adds of any length."""

from qwen3_embed_integrations.core.errors import missing_extra

try:
    import chromadb  # noqa: F401 - asked for by name, so that the message names it
except ImportError as error:
    raise missing_extra("chromadb", "chroma") from error

from .add_documents import aadd_documents, add_documents
from .collection import aopen_collection, open_collection
from .function import Qwen3EmbeddingFunction
from .hnsw import HNSW
from .hybrid import hybrid_retriever, open_bm25_index, sync_bm25_index

__all__ = [
    "HNSW",
    "Qwen3EmbeddingFunction",
    "aadd_documents",
    "add_documents",
    "aopen_collection",
    "hybrid_retriever",
    "open_bm25_index",
    "open_collection",
    "sync_bm25_index",
]
