"""Qwen3HybridRetriever: a query → the documents that fit by meaning and by words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from haystack import Document, component
from haystack.document_stores.types import DocumentStore

from qwen3_embed_integrations import ConfigError, HybridHit, HybridRetriever


@component
class Qwen3HybridRetriever:
    """Retrieves documents by dense search and BM25, fused.

    The documents are copies whose score is the fused one; `meta` has `dense_score` and `bm25_score` too, None where
    there is none. It embeds the query itself, so a pipeline needs no text embedder before it.

    A pipeline with this component can't be stored: it holds the functions of your vector store.

    Args:
        hybrid: What finds the ids, such as `qwen3_embed_integrations.chroma.hybrid_retriever` returns.
        document_store: Holds the documents under these ids; any store that filters by `id`.
        top_k: Documents to return.

    Raises:
        ConfigError: `top_k` is no positive number, or `hybrid` is no HybridRetriever.
    """

    def __init__(self, hybrid: HybridRetriever, document_store: DocumentStore, *, top_k: int = 10) -> None:
        if not isinstance(hybrid, HybridRetriever):
            raise ConfigError(f"hybrid is {type(hybrid).__name__}, expected a HybridRetriever.")
        self.hybrid, self.document_store = hybrid, document_store
        self.top_k = _checked_top_k(top_k)

    @component.output_types(documents=list[Document])
    def run(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """Return the best documents, best first.

        Args:
            query: What to look for.
            top_k: Documents to return; None: the component's own.

        Returns:
            `documents`.

        Raises:
            InputTypeError: The query is not a `str`.
            ConfigError: `top_k` is no positive number.
            BM25IndexError: The BM25 index can't be read.
        """
        return {"documents": self._documents(self.hybrid.retrieve(query, self._limit(top_k)))}

    @component.output_types(documents=list[Document])
    async def run_async(self, query: str, top_k: int | None = None) -> dict[str, list[Document]]:
        """Async twin of `run`: the event loop stays free."""
        hits = await self.hybrid.aretrieve(query, self._limit(top_k))
        return {"documents": await asyncio.to_thread(self._documents, hits)}

    def to_dict(self) -> dict[str, Any]:
        """Refuse to be stored.

        Raises:
            ConfigError: Always; the message says what to do.
        """
        raise ConfigError(
            "Qwen3HybridRetriever can't be stored: it holds functions of a vector store. Build it in code, and store "
            "the rest of the pipeline."
        )

    def _limit(self, top_k: int | None) -> int:
        return self.top_k if top_k is None else _checked_top_k(top_k)

    def _documents(self, hits: Sequence[HybridHit]) -> list[Document]:
        return [document for hit in hits for document in self._with_scores(hit)]

    def _with_scores(self, hit: HybridHit) -> list[Document]:
        """Return a copy of the document of a hit; none if the store has lost it."""
        # One call each: chroma-haystack 5 filters ids with "==" alone.
        found = self.document_store.filter_documents({"field": "id", "operator": "==", "value": hit.id})
        scores = {"dense_score": hit.dense_score, "bm25_score": hit.bm25_score}
        return [replace(document, score=hit.score, meta={**document.meta, **scores}) for document in found[:1]]


def _checked_top_k(top_k: Any) -> int:
    if isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1:
        raise ConfigError(f"top_k={top_k!r}: expected a positive number of documents.")
    return top_k
