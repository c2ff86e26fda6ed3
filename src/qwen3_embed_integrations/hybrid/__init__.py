"""Hybrid search: BM25 beside the embeddings, and the fusion of both rankings.

tokenizer    text → terms, in every script and for identifiers
fusion       reciprocal rank fusion and convex combination; pure functions
index_file   the SQLite file: private, shared by processes, replaced when damaged
documents    the documents in its tables
ranking      BM25 scores of a query's terms
bm25_index   BM25Index: add, delete, sync, search
retriever    HybridRetriever: one query to both sides, one ranking, scores that explain it
"""

from .bm25_index import BM25Index, IndexChanges
from .fusion import ScoredDocument, convex_combination, reciprocal_rank_fusion
from .retriever import HybridHit, HybridRetriever
from .tokenizer import tokenize

__all__ = [
    "BM25Index",
    "HybridHit",
    "HybridRetriever",
    "IndexChanges",
    "ScoredDocument",
    "convex_combination",
    "reciprocal_rank_fusion",
    "tokenize",
]
