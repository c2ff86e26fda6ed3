"""Qwen3Rerank and Qwen3CrossEncoder: the reranker in LangChain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypedDict, Unpack

from langchain_core.callbacks import Callbacks
from langchain_core.cross_encoders import BaseCrossEncoder
from langchain_core.documents import BaseDocumentCompressor, Document
from pydantic import ConfigDict

from qwen3_embed_integrations import InputTypeError, Qwen3Reranker, Ranked, load_reranker
from qwen3_embed_integrations.core.reranker_config import BestFirstConfig, BestFirstKeywords
from qwen3_embed_integrations.core.reranker_options import RerankerKeywords

SCORE_KEY = "relevance_score"
"""The metadata key of a score, as in LangChain's partner packages."""


class Reranking(TypedDict):
    """One result of `Qwen3Rerank.rerank`."""

    index: int
    relevance_score: float


class Qwen3Rerank(BestFirstConfig, BaseDocumentCompressor):
    """Qwen3-Reranker as a LangChain document compressor.

    Every option of `RerankerConfig` is a keyword here, and those of stock rerankers are understood. Weights load at
    the first use and are shared by all rerankers of the process.

    Example:
        >>> rerank = Qwen3Rerank(model="0.6B", top_n=5)
        >>> rerank.top_n
        5

    Raises:
        ConfigError: An unknown or unfit option; the message gives the nearest known name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), validate_default=True)

    def __init__(self, **options: Unpack[BestFirstKeywords]) -> None:
        given: dict[str, Any] = {**options}
        super().__init__(**given)

    @cached_property
    def reranker(self) -> Qwen3Reranker:
        """The shared reranker behind this integration."""
        return load_reranker(self.plain())

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """Return copies of the best documents, best first, with P(relevant) as `metadata["relevance_score"]`.

        Args:
            documents: The retrieved documents; they are not changed.
            query: What a document should answer.
            callbacks: Taken for LangChain's sake; a compressor opens no run.
        """
        del callbacks
        texts = [document.page_content for document in documents]
        ranked = self.reranker.rank(query, texts, top_k=self.top_n, min_score=self.min_score)
        return _copies(documents, ranked)

    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """Async twin of `compress_documents`: concurrent calls share forward passes."""
        del callbacks
        texts = [document.page_content for document in documents]
        ranked = await self.reranker.arank(query, texts, top_k=self.top_n, min_score=self.min_score)
        return _copies(documents, ranked)

    def rerank(
        self, documents: Sequence[str | Document | Mapping[str, Any]], query: str, *, top_n: int | None = None
    ) -> list[Reranking]:
        """Return index and P(relevant) of the best documents, best first.

        Args:
            documents: Texts, documents, or mappings with the text under "text" or "page_content".
            query: What a document should answer.
            top_n: Documents to return, for this call; None: the option's.

        Raises:
            InputTypeError: A document has no text; the message names its index.
        """
        texts = [_text(index, document) for index, document in enumerate(documents)]
        limit = self.top_n if top_n is None else top_n
        ranked = self.reranker.rank(query, texts, top_k=limit, min_score=self.min_score)
        return [Reranking(index=one.index, relevance_score=one.score) for one in ranked]


class Qwen3CrossEncoder(BaseCrossEncoder):
    """Qwen3-Reranker for LangChain's own `CrossEncoderReranker`, which keeps no scores; prefer `Qwen3Rerank`.

    Args:
        **options: As in `RerankerConfig`. Keywords of `HuggingFaceCrossEncoder` are understood.

    Raises:
        ConfigError: An unknown or unfit option.
    """

    def __init__(self, **options: Unpack[RerankerKeywords]) -> None:
        self.reranker = load_reranker(**options)

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        """Return P(relevant) of each pair of query and document, in their order; pairs of a query run together."""
        by_query: dict[str, list[int]] = {}
        for index, (query, _) in enumerate(text_pairs):
            by_query.setdefault(query, []).append(index)
        scores = [0.0] * len(text_pairs)
        for query, indices in by_query.items():
            found = self.reranker.score(query, [text_pairs[index][1] for index in indices]).tolist()
            for index, score in zip(indices, found, strict=True):
                scores[index] = score
        return scores


def _copies(documents: Sequence[Document], ranked: Sequence[Ranked]) -> list[Document]:
    """Return copies with their scores: documents of an in-memory store are shared."""
    return [
        documents[one.index].model_copy(update={"metadata": {**documents[one.index].metadata, SCORE_KEY: one.score}})
        for one in ranked
    ]


def _text(index: int, document: Any) -> str:
    if isinstance(document, Document):
        return document.page_content
    if isinstance(document, Mapping):
        document = document.get("text", document.get("page_content"))
    if not isinstance(document, str):
        raise InputTypeError(
            f'Document {index} has no text, expected str, Document, or a mapping with "text" or "page_content".'
        )
    return document
