"""The search graph of a new collection: Chroma's own loses passages among many texts that are alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HNSW: Mapping[str, int] = {"ef_construction": 400, "ef_search": 1000}
"""Effort of building and searching the HNSW graph.

With Chroma's 100 and 100, 4 of 144 questions missed their nearest chunk among the docstrings of the standard library
(chromadb 1.5.9); with these, none. `python benchmarks/hnsw_recall.py` measures it.
"""


def with_hnsw(configuration: Mapping[str, Any] | None, metadata: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a new collection's configuration with `HNSW` where the caller has not chosen; None: Chroma's own.

    A choice is anything under "hnsw", which is completed, under "spann", or in the metadata ("hnsw:space", …).
    """
    chosen = dict(configuration or {})
    if "spann" in chosen or any(key.startswith("hnsw:") for key in metadata or {}):
        return chosen or None
    return {**chosen, "hnsw": {**HNSW, **chosen.get("hnsw", {})}}
