"""Optional cache of embeddings on disk, between the encoder and its backend.

cached_request  one call: look its texts up, compute the missing embeddings, store them
sqlite_store    the file: embeddings by key, shared by processes, bounded in size
"""

from .cached_request import Lookup, lookup, submit_through_cache

__all__ = ["Lookup", "lookup", "submit_through_cache"]
