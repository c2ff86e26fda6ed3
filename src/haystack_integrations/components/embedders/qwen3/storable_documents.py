"""Documents as a document store can keep them: without lone surrogates, which have no UTF-8 form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from haystack import Document

from qwen3_embed_integrations.core.inputs import encodable_values


def storable_documents(documents: Sequence[Document]) -> list[Document]:
    """Return the documents, with U+FFFD for each lone surrogate of content and meta; whole ones as they are.

    A store would fail at such a document, with those before it written. The encoder reads U+FFFD too, so the embedding
    is that of the stored text. Ids are kept.
    """
    return [_storable(document) for document in documents]


def _storable(document: Document) -> Document:
    content, meta = encodable_values(document.content), encodable_values(document.meta)
    if (content, meta) == (document.content, document.meta):
        return document
    return replace(document, content=content, meta=meta)
