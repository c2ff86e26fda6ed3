"""An optional store of rows on disk, between the encoder and its backend: what is known is not computed again."""

from .calls import submit_through_cache
from .keys import Lookup, lookup

__all__ = ["Lookup", "lookup", "submit_through_cache"]
