"""Corpus: a set of documents, and the chunks that are embedded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from langchain_core.documents import Document
from langchain_text_splitters import Language, RecursiveCharacterTextSplitter

CHUNK_CHARACTERS = 1000
"""About 250 tokens of English."""

_LANGUAGES = {"markdown": Language.MARKDOWN, "rst": Language.RST}


@dataclass(frozen=True)
class Corpus:
    """A set of documents.

    Attributes:
        name: The corpus's name; an index belongs to one corpus.
        documents: Each with `source` and `title` in its metadata, and `format` where the splitter knows it.
        skipped: The files that could not be read, each as its name and the reason.
    """

    name: str
    documents: list[Document]
    skipped: tuple[str, ...] = ()


def chunks_by_id(documents: list[Document]) -> dict[str, Document]:
    """Return the chunks of all documents, by an id that is a digest of source and text.

    Equal ids mean equal chunks, so an index that holds exactly these ids is up to date.
    A chunk without its document's title takes it as its first line, because it is embedded on its own.
    """
    chunks = {}
    for document in documents:
        title, source = document.metadata["title"], document.metadata["source"]
        for part in _splitter(document.metadata.get("format", "")).split_text(document.page_content):
            text = part if title in part.partition("\n")[0] else f"{title}\n\n{part}"
            chunk = Document(page_content=text, metadata={"source": source, "title": title})
            chunks[_chunk_id(source, text)] = chunk
    return chunks


def _chunk_id(source: str, text: str) -> str:
    # JSON separates the two fields and escapes lone surrogates.
    return hashlib.blake2b(json.dumps([source, text]).encode(), digest_size=16).hexdigest()


def _splitter(kind: str) -> RecursiveCharacterTextSplitter:
    size, overlap = CHUNK_CHARACTERS, CHUNK_CHARACTERS // 10
    if language := _LANGUAGES.get(kind):
        return RecursiveCharacterTextSplitter.from_language(language, chunk_size=size, chunk_overlap=overlap)
    return RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=overlap)
