"""Qwen3TwoStageRetriever: two-stage Matryoshka search as a LangChain retriever."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import ConfigDict, PositiveInt

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.errors import missing_extra
from qwen3_embed_integrations.core.store_hits import FirstStage, SearchableStore
from qwen3_embed_integrations.core.types import FloatArray

from .embeddings import Qwen3Embeddings

try:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError as error:
    raise missing_extra("langchain-core", "langchain") from error


class Qwen3TwoStageRetriever(BaseRetriever):
    """Find documents by the first numbers of an embedding, and rank those by the whole of it.

    Documents have `relevance_score`, the cosine at full length, in their metadata.

    Attributes:
        store: A handle of `qwen3_embed_integrations.stores`, such as `handle_of(vector_store)`.
        embeddings: What embedded the documents.
        k: How many documents to return.
        first: The first stage: a number of leading components, "int8", "binary", or None for one stage.
        widen: How many times `k` documents the first stage finds.
        where: A filter in the engine's own form.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    store: Any
    embeddings: Qwen3Embeddings
    k: PositiveInt = 4
    first: FirstStage = None
    widen: PositiveInt = 10
    where: Any = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        del run_manager
        return self._documents(self._encoder.encode_query([query])[0])

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        del run_manager
        (embedding,) = await self._encoder.aencode_query([query])
        return await asyncio.to_thread(self._documents, embedding)

    @property
    def _encoder(self) -> Qwen3Encoder:
        return self.embeddings.encoder

    def _documents(self, embedding: FloatArray) -> list[Document]:
        store: SearchableStore = self.store
        hits = store.search(embedding, self.k, first=self.first, widen=self.widen, where=self.where)
        return [
            Document(hit.text or "", id=hit.id, metadata={**hit.metadata, "relevance_score": hit.score}) for hit in hits
        ]
