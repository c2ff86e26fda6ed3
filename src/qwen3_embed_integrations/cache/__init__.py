"""An optional store of embeddings on disk, between the encoder and its backend: what is known is not computed again."""

from .cached_request import Lookup, lookup, submit_through_cache

__all__ = ["Lookup", "lookup", "submit_through_cache"]
