"""From the passages found to those shown: chosen, widened, and with a link that opens the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .file_links import file_url
from .index import Index
from .options import RagOptions
from .passage import Passage
from .selection import select
from .widening import widen


def choose(index: Index, found: Sequence[Passage], options: RagOptions) -> list[Passage]:
    """Return the passages to show.

    Args:
        index: Holds the passages.
        found: Passages by falling score.
        options: How many, how many of one file, how much of the text around them.
    """
    embeddings = index.embeddings_of(found) if options.mmr < 1 else None
    chosen = select(found, options.top_k, per_file=options.per_file, mmr=options.mmr, embeddings=embeddings)
    widened = widen(chosen, options.context, index.chunks_of)
    if options.docs is None:
        return widened
    return [replace(one, url=file_url(options.docs, one.source, one.metadata or {})) for one in widened]
