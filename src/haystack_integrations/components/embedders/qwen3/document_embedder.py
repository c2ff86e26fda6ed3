"""Qwen3DocumentEmbedder: documents → the same documents with their embeddings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Unpack

from haystack import Document, component, logging

from qwen3_embed_integrations import Encoded, Qwen3Encoder
from qwen3_embed_integrations.core.document_texts import checked_documents, checked_field_names, text_of

from .embedder import Embedder, HaystackOptions, shows_options
from .storable_documents import storable_documents

logger = logging.getLogger(__name__)
_SHOWN = 5  # ids in a warning
_ADVICE = " For a query, use Qwen3TextEmbedder."


@component
@shows_options
class Qwen3DocumentEmbedder(Embedder):
    """Embeds documents with Qwen3-Embedding, raw unless the checkpoint or `document_task` says otherwise.

    Every option of `EncoderConfig` is a keyword here; keywords of `SentenceTransformersDocumentEmbedder` are
    understood. Give the
    embedder of the queries the same ones. The encoder gets all documents of a run at once and plans its own
    batches by tokens.

    Example:
        >>> embedder = Qwen3DocumentEmbedder(model="tiny", dimension=128, meta_fields_to_embed=["title"])
        >>> document = Document(content="Lists have a method sort.", meta={"title": "Sorting"})
        >>> len(embedder.run([document])["documents"][0].embedding)
        128

    Args:
        meta_fields_to_embed: Meta fields whose values go before the content, in this order; missing ones and
            None are left out, other values are written as `str` gives them.
        embedding_separator: What stands between them.
        **options: As in `EncoderConfig`.

    Raises:
        ConfigError: An unknown or unfit option; the message gives the nearest known name.
    """

    def __init__(
        self,
        model: str | None = None,
        /,
        *,
        meta_fields_to_embed: list[str] | None = None,
        embedding_separator: str = "\n",
        **options: Unpack[HaystackOptions],
    ) -> None:
        Embedder.__init__(self, model, options, prefix_of="document")
        self.meta_fields_to_embed = checked_field_names(meta_fields_to_embed)
        self.embedding_separator = embedding_separator

    @component.output_types(documents=list[Document], meta=dict[str, Any])
    def run(self, documents: list[Document]) -> dict[str, Any]:
        """Return copies of the documents with their unit embeddings, in the same order.

        A document with neither content nor meta to embed gets the embedding of an empty text, and a warning. A lone
        surrogate, which no store can keep, becomes U+FFFD in content and meta.

        Returns:
            `documents`, and `meta` with model, space and usage.

        Raises:
            InputTypeError: Not a list of `Document`; the message names the index.
        """
        encoder, documents = self.encoder, storable_documents(checked_documents(documents, Document, _ADVICE))
        return self._output(documents, encoder, encoder.encode(self._texts(documents), "document"))

    @component.output_types(documents=list[Document], meta=dict[str, Any])
    async def run_async(self, documents: list[Document]) -> dict[str, Any]:
        """Async twin of `run`: the event loop stays free."""
        encoder, documents = self.encoder, storable_documents(checked_documents(documents, Document, _ADVICE))
        return self._output(documents, encoder, await encoder.aencode(self._texts(documents), "document"))

    def init_parameters(self) -> dict[str, Any]:
        """Return the arguments that make an equal component."""
        return {
            **Embedder.init_parameters(self),
            "meta_fields_to_embed": self.meta_fields_to_embed,
            "embedding_separator": self.embedding_separator,
        }

    def _texts(self, documents: list[Document]) -> list[str]:
        texts = [text_of(document, self.meta_fields_to_embed, self.embedding_separator) for document in documents]
        empty = [document.id for document, text in zip(documents, texts, strict=True) if not text]
        if empty:
            logger.warning(
                "{count} of {total} documents have no text to embed: {ids}. They get the embedding of an empty "
                "text; drop them, or name their meta fields in meta_fields_to_embed.",
                count=len(empty),
                total=len(documents),
                ids=", ".join(empty[:_SHOWN]) + (", …" if len(empty) > _SHOWN else ""),
            )
        return texts

    def _output(self, documents: list[Document], encoder: Qwen3Encoder, encoded: Encoded) -> dict[str, Any]:
        embeddings = encoded.embeddings.tolist()
        return {
            "documents": [
                replace(document, embedding=vector) for document, vector in zip(documents, embeddings, strict=True)
            ],
            "meta": self.describe(encoder, encoded),
        }
