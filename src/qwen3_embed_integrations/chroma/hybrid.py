"""Hybrid search of a Chroma collection: a BM25 index in a file of its own beside Chroma's, filled from the collection.

Local Chroma has no ranked search by words. Its own files are never touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from chromadb.api.models.Collection import Collection

from qwen3_embed_integrations import BM25Index, ConfigError, HybridRetriever, IndexChanges, Qwen3Encoder
from qwen3_embed_integrations.core.types import FloatArray

_PAGE = 500  # documents that are read at once


def open_bm25_index(collection: Collection, folder: str | os.PathLike[str], *, sync: bool = True) -> BM25Index:
    """Return the BM25 index of a collection: the file `bm25-{collection id}.sqlite3` in `folder`.

    The id, not the name, ties the file to the collection: one that was deleted and made again has an index of its own.

    Args:
        collection: The collection.
        folder: Chroma's folder, or another one that exists.
        sync: Make the index equal to the collection before it is returned.

    Raises:
        ConfigError: There is no such folder, or the file is another program's.
        BM25IndexError: The file can't be read or written.
    """
    index = BM25Index(Path(folder) / f"bm25-{collection.id}.sqlite3")
    if sync:
        sync_bm25_index(index, collection)
    return index


def sync_bm25_index(index: BM25Index, collection: Collection) -> IndexChanges:
    """Make the index hold the documents of the collection as they are now; unchanged ones are not written again.

    All documents are read, 500 at once. A process that is killed meanwhile leaves a part of the changes; the next call
    makes the rest.

    Raises:
        BM25IndexError: The file can't be written.
    """
    n_changed, seen = 0, set()
    for ids, texts in _pages(collection):
        n_changed += index.add(ids, texts)
        seen.update(ids)
    return IndexChanges(n_changed, index.delete(set(index.ids()) - seen))


def hybrid_retriever(  # noqa: PLR0913 - two sides, and how they are fused
    collection: Collection,
    encoder: Any,
    index: BM25Index,
    *,
    fusion: Literal["weighted", "rrf"] = "weighted",
    dense_weight: float | None = None,
    sync: bool = True,
) -> HybridRetriever:
    """Return a HybridRetriever over a collection and its BM25 index.

    A document that the collection has lost is dropped from the results and the index; one that the index lacks makes
    the index sync with the collection. Call `sync_bm25_index` after replacing the text of a document.

    Args:
        collection: From `open_collection`, which checks its vector space.
        encoder: What embedded the documents: a Qwen3Encoder, or any integration of this package.
        index: From `open_bm25_index`.
        fusion: As in `HybridRetriever`.
        dense_weight: As in `HybridRetriever`; None: its default.
        sync: Make the index follow the collection when the two are seen to differ. False: you fill the index yourself,
            perhaps with other texts than the collection's documents.

    Raises:
        ConfigError: An option is out of range, or `encoder` is not of this package.
    """
    inner = getattr(encoder, "encoder", encoder)
    if not isinstance(inner, Qwen3Encoder):
        raise ConfigError(f"Can't embed with {type(encoder).__name__}. Give a Qwen3Encoder or an integration of it.")
    options: dict[str, Any] = {} if dense_weight is None else {"dense_weight": dense_weight}
    found = _Search(collection)
    return HybridRetriever(
        inner,
        found.nearest,
        index,
        dense_scores=found.scores,
        sync=(lambda: sync_bm25_index(index, collection)) if sync else None,
        fusion=fusion,
        **options,
    )


class _Search:
    """Cosines from a collection, whatever distance it was made with; embeddings have unit length."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        space = ((collection.configuration_json or {}).get("hnsw") or {}).get("space", "l2")
        self._per_distance = 0.5 if space == "l2" else 1.0  # Chroma's l2 is squared: 2 - 2 cosine

    def nearest(self, embedding: FloatArray, k: int) -> list[tuple[str, float]]:
        one: Any = [embedding]  # Chroma's annotation lists arrays of other element types
        found = self._collection.query(query_embeddings=one, n_results=k, include=["distances"])
        distances = found["distances"] or [[]]
        return [
            (name, 1 - self._per_distance * distance)
            for name, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def scores(self, embedding: FloatArray, ids: Sequence[str]) -> dict[str, float]:
        found = self._collection.get(ids=list(ids), include=["embeddings"])
        embeddings = found["embeddings"] if found["embeddings"] is not None else []
        return {name: float(np.dot(embedding, one)) for name, one in zip(found["ids"], embeddings, strict=True)}


def _pages(collection: Collection) -> Iterator[tuple[list[str], list[str]]]:
    offset = 0
    while True:
        page = collection.get(limit=_PAGE, offset=offset, include=["documents"])
        if not page["ids"]:
            return
        documents: Sequence[str | None] = page["documents"] or [""] * len(page["ids"])
        yield page["ids"], [text or "" for text in documents]
        offset += len(page["ids"])
