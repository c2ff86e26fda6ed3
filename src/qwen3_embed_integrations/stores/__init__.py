"""Vector databases: the right metric, one vector space, writes that lose nothing, two-stage search.

opening        guarded: a framework's store, checked
add_documents  bulk writes
adapters       the handle of a framework's store object
arguments      what was given to a store and would spoil its scores
handle         CollectionHandle: what is asked of an engine
qdrant, milvus, pgvector, faiss    one handle an engine
sparse         BM25SparseEmbeddings and MilvusSparseEmbeddings, for an engine's own hybrid search
pgvector_terms    hybrid_search in PostgreSQL
labelled       Chroma; Weaviate and Pinecone (experimental): label and check only
"""

from typing import TYPE_CHECKING

from qwen3_embed_integrations.core.lazy_names import lazy_names
from qwen3_embed_integrations.core.store_hits import StoreHit

from .adapters import handle_of
from .add_documents import add_documents
from .handle import CollectionHandle, CollectionInfo, Problem, SearchableHandle, WritableHandle
from .labelled import ChromaHandle, PineconeHandle, WeaviateHandle
from .opening import guarded, store_quantizer, stored_quantizer

if TYPE_CHECKING:
    from .faiss import FaissHandle
    from .milvus import MilvusHandle
    from .pgvector import PgvectorHandle
    from .pgvector_sql import PgvectorColumns
    from .qdrant import QdrantHandle
    from .sparse import BM25SparseEmbeddings, MilvusSparseEmbeddings

__all__ = [
    "BM25SparseEmbeddings",
    "ChromaHandle",
    "CollectionHandle",
    "CollectionInfo",
    "FaissHandle",
    "MilvusHandle",
    "MilvusSparseEmbeddings",
    "PgvectorColumns",
    "PgvectorHandle",
    "PineconeHandle",
    "Problem",
    "QdrantHandle",
    "SearchableHandle",
    "StoreHit",
    "WeaviateHandle",
    "WritableHandle",
    "add_documents",
    "guarded",
    "handle_of",
    "store_quantizer",
    "stored_quantizer",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BM25SparseEmbeddings": "sparse",
        "FaissHandle": "faiss",
        "MilvusHandle": "milvus",
        "MilvusSparseEmbeddings": "sparse",
        "PgvectorColumns": "pgvector_sql",
        "PgvectorHandle": "pgvector",
        "QdrantHandle": "qdrant",
    },
)
