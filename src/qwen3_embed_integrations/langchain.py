"""The LangChain integration: Qwen3Embeddings and Qwen3HybridRetriever."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Self, Unpack

from pydantic import ConfigDict, PositiveInt

from . import EncoderConfig, HybridHit, HybridRetriever, Qwen3Encoder, load_encoder
from .core.cache_keys import embedding_key
from .core.encoder_options import EncoderKeywords
from .core.errors import missing_extra
from .core.inputs import checked_text
from .core.types import Role

try:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.load.serializable import Serializable
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.vectorstores import VectorStore
except ImportError as error:
    raise missing_extra("langchain-core", "langchain") from error


class Qwen3Embeddings(EncoderConfig, Serializable, Embeddings):
    """Qwen3-Embedding as LangChain `Embeddings`, right by default.

    Queries carry their instruction, documents are raw, embeddings have unit length at every dimension. Every option
    of `EncoderConfig` is a keyword here; the keywords of
    `HuggingFaceEmbeddings` are understood. Making one is cheap: weights load at
    the first use and are shared by all integrations of the process. Async methods never block the event loop, and
    concurrent queries share forward passes.

    Example:
        >>> embeddings = Qwen3Embeddings(model="tiny", dimension=128)
        >>> len(embeddings.embed_query("How do I sort a list?"))
        128

    Raises:
        ConfigError: An unknown or unfit option; the message gives the nearest known name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), validate_default=True)

    def __init__(self, **options: Unpack[EncoderKeywords]) -> None:
        super().__init__(**options)

    @cached_property
    def encoder(self) -> Qwen3Encoder:
        """The shared encoder behind this integration."""
        return load_encoder(self.plain())

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one unit-length embedding a document, as Python floats.

        Raises:
            InputTypeError: Not a list of `str`; the message names the index.
        """
        embeddings: list[list[float]] = self.encoder.encode_document(texts).tolist()
        return embeddings

    def embed_query(self, text: str) -> list[float]:
        """Return the unit-length embedding of a query, instruction in front, as Python floats.

        Raises:
            InputTypeError: Not a `str`.
        """
        embedding: list[float] = self.encoder.encode_query([checked_text(text, "query")])[0].tolist()
        return embedding

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """Async twin of `embed_documents`."""
        embeddings: list[list[float]] = (await self.encoder.aencode_document(texts)).tolist()
        return embeddings

    async def aembed_query(self, text: str) -> list[float]:
        """Async twin of `embed_query`: concurrent calls share forward passes."""
        embedding: list[float] = (await self.encoder.aencode_query([checked_text(text, "query")]))[0].tolist()
        return embedding

    def with_task(self, task: str) -> Self:
        """Return a copy for another query task (a preset's name or an instruction); it shares the loaded model."""
        return self.replace(task=task)

    def cache_namespace(self, role: Role = "document") -> str:
        """Return a namespace for `CacheBackedEmbeddings` that no other embedding of the same text can share.

        It changes with everything that decides an embedding: model, prompt, dimension, max_length, dtype, server.
        Give the query cache a store of its own, or this namespace for `role="query"`: LangChain's
        `query_embedding_cache=True` would look queries up among the documents.
        """
        encoder = self.encoder
        return f"{role}-{embedding_key(encoder.config, encoder.model_info, encoder.prompt(role)).hexdigest}-"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Return True: `langchain_core.load.dumps` stores this object as its options, without the token."""
        return True


class Qwen3HybridRetriever(BaseRetriever):
    """Dense search and BM25 in one LangChain retriever.

    Documents are copies with `relevance_score` (the fused score), `dense_score` and `bm25_score` in their metadata; a
    score that does not exist is None.

    Args:
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
