"""Optional cache of embeddings and scores on disk, between the encoder or reranker and its backend.

cached_request   one call: look its texts up, compute the missing embeddings, store them
open_caches      the files that this process has open, bounded in number
sqlite_store     one file: embeddings by key, shared by processes, bounded in size
circuit_breaker  leave a failing file out for a growing pause
private_file     files with mode 0600, never through a link
"""

from .cached_request import Lookup, lookup, score_lookup, submit_through_cache

__all__ = ["Lookup", "lookup", "score_lookup", "submit_through_cache"]
