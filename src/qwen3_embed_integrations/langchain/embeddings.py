"""Qwen3Embeddings: the encoder as LangChain `Embeddings`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Self, Unpack

from pydantic import ConfigDict

from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder, load_encoder
from qwen3_embed_integrations.core.cache_keys import embedding_key
from qwen3_embed_integrations.core.encoder_options import EncoderKeywords
from qwen3_embed_integrations.core.errors import missing_extra
from qwen3_embed_integrations.core.inputs import checked_storable, checked_text
from qwen3_embed_integrations.core.types import Role

from .prefetching import aencode_prefetched, encode_prefetched, prefetch

try:
    from langchain_core.embeddings import Embeddings
    from langchain_core.load.serializable import Serializable
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
            InputEncodingError: A text holds a lone surrogate, which no vector store can keep.
        """
        encoder = self.encoder
        embeddings: list[list[float]] = encode_prefetched(encoder, checked_storable(texts)).tolist()
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
        embeddings = await aencode_prefetched(self.encoder, checked_storable(texts))
        found: list[list[float]] = embeddings.tolist()
        return found

    def prefetched(self, texts: Iterable[str]) -> AbstractContextManager[None]:
        """Embed documents in one planned call; inside the block `embed_documents` returns those embeddings.

        A vector store embeds in pieces, of 64 texts in `langchain-qdrant`; so they are planned together all the same:

            with embeddings.prefetched(texts):
                store.add_texts(texts, ids=ids)

        A text that was not prefetched is embedded as usual. The embeddings, 4 bytes a number, are kept until the
        block ends. It holds for this thread or task and those that it starts.

        Raises:
            InputTypeError: As `embed_documents`.
            InputEncodingError: As `embed_documents`.
        """
        return prefetch(self.encoder, checked_storable(texts))

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
