"""Qwen3HybridRetriever: dense search and BM25 as a LangChain retriever."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import PositiveInt

from qwen3_embed_integrations import HybridHit, HybridRetriever
from qwen3_embed_integrations.core.errors import missing_extra

try:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.vectorstores import VectorStore
except ImportError as error:
    raise missing_extra("langchain-core", "langchain") from error


class Qwen3HybridRetriever(BaseRetriever):
    """Dense search and BM25 in one LangChain retriever.

    Documents are copies with `relevance_score` (the fused score), `dense_score` and `bm25_score` in their metadata; a
    score that does not exist is None.

    Attributes:
        hybrid: What finds the ids, such as `qwen3_embed_integrations.chroma.hybrid_retriever` returns.
        vector_store: Holds the documents under these ids; it must offer `get_by_ids`.
        k: How many documents to return.
    """

    hybrid: HybridRetriever
    vector_store: VectorStore
    k: PositiveInt = 4

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        del run_manager
        hits = self.hybrid.retrieve(query, self.k)
        return _with_scores(hits, self.vector_store.get_by_ids([hit.id for hit in hits]))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        del run_manager
        hits = await self.hybrid.aretrieve(query, self.k)
        return _with_scores(hits, await self.vector_store.aget_by_ids([hit.id for hit in hits]))


def _with_scores(hits: Sequence[HybridHit], documents: Sequence[Document]) -> list[Document]:
    """Return a copy of the document of each hit, best first; a store may return documents in any order."""
    by_id = {document.id: document for document in documents}
    return [
        by_id[hit.id].model_copy(update={"metadata": {**by_id[hit.id].metadata, **_scores(hit)}})
        for hit in hits
        if hit.id in by_id
    ]


def _scores(hit: HybridHit) -> dict[str, float | None]:
    return {"relevance_score": hit.score, "dense_score": hit.dense_score, "bm25_score": hit.bm25_score}
