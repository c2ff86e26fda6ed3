"""Documents and chunks without files and without a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qwen3_embed_integrations.rag.corpora.blocks import Block, ParsedDocument
from qwen3_embed_integrations.rag.corpora.chunking import Chunk, ChunkOptions
from qwen3_embed_integrations.rag.corpora.corpus import chunks_by_id


def count_words(texts: Sequence[str]) -> list[int]:
    """Count a token for each word, and one more for each four characters of it."""
    return [sum(1 + len(word) // 4 for word in text.split()) for text in texts]


def chunks_of(documents: Iterable[ParsedDocument], options: ChunkOptions | None = None) -> dict[str, Chunk]:
    """Return the chunks of documents by id, with `count_words` as tokenizer."""
    return chunks_by_id(documents, count_words, options)


def document(source: str, text: str = "") -> ParsedDocument:
    """Return a document of one paragraph."""
    return ParsedDocument(source, source, (Block(text or f"What {source} says."),))
