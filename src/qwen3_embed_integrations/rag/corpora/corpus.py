"""Corpus: a set of documents, and the chunks that are embedded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from .blocks import ParsedDocument, Place
from .chunking import Chunk, ChunkOptions, document_chunks
from .units import CountTokens

_DOCUMENTS = 200  # whose tokens are counted at a time
_LONG = 40  # words of a text that says the same whatever its headings are
_PLACES = 20  # of one text that are kept


ChunkMemory = dict[str, tuple[ParsedDocument, list[Chunk]]]
"""Name of a document → the document and its chunks."""


@dataclass(frozen=True)
class Corpus:
    """A set of documents.

    Attributes:
        name: The corpus's name; an index belongs to one corpus.
        documents: The documents that were read, each with text.
        skipped: The files that could not be read, each as its name and the reason.
        unknown: How many files of a kind that is not read there are, by suffix; "" for no suffix.
        n_merged: Number of files that only repeat another one, as the source of a page does.
    """

    name: str
    documents: list[ParsedDocument]
    skipped: tuple[str, ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    n_merged: int = 0


def chunks_by_id(
    documents: Iterable[ParsedDocument],
    count_tokens: CountTokens,
    options: ChunkOptions | None = None,
    memory: ChunkMemory | None = None,
) -> dict[str, Chunk]:
    """Return the chunks of all documents, by an id that is a digest of source and embedded text.

    Equal ids mean equal chunks, so an index that holds exactly these ids is up to date. A text that stands in several
    places is one chunk, which names the other places; a short text, whose meaning its headings decide, only where the
    headings are equal too.

    Args:
        documents: The documents.
        count_tokens: Counts with the tokenizer of the model that embeds the chunks.
        options: Length and borders of a chunk.
        memory: Chunks of an earlier call with the same options; only documents that changed are cut again.
    """
    chunks, owners = dict[str, Chunk](), dict[bytes, str]()
    rest = iter(documents)
    while part := list(islice(rest, _DOCUMENTS)):
        cut = _cut(part, count_tokens, options or ChunkOptions(), memory)
        for document in part:
            for chunk in cut[document.source]:
                key = owners.setdefault(content_digest(chunk), chunk.id)
                if key == chunk.id:
                    chunks.setdefault(chunk.id, chunk)
                elif len(chunks[key].also) < _PLACES:
                    place = Place(chunk.source, chunk.first)
                    chunks[key] = replace(chunks[key], also=(*chunks[key].also, place, *chunk.also))
    return chunks


def _cut(
    documents: Sequence[ParsedDocument], count_tokens: CountTokens, options: ChunkOptions, memory: ChunkMemory | None
) -> dict[str, list[Chunk]]:
    """Return the chunks of each document by its name; those in the memory are not cut again."""
    kept = memory or {}
    known = {one.source: kept[one.source][1] for one in documents if one.source in kept and kept[one.source][0] == one}
    fresh = [one for one in documents if one.source not in known]
    counted = _Counted(count_tokens)
    counted([text for one in fresh for text in (one.title, *(block.text for block in one.blocks))])
    for document in fresh:
        known[document.source] = document_chunks(document, options, counted)
    if memory is not None:
        memory.update({one.source: (one, known[one.source]) for one in documents})
    return known


def content_digest(chunk: Chunk) -> bytes:
    """Return a digest of a chunk's text without its white space, with its headings if it is short."""
    words = chunk.text.split()
    parts = words if len(words) >= _LONG else [chunk.header, *words]
    return hashlib.blake2b(" ".join(parts).encode(errors="surrogatepass"), digest_size=16).digest()


class _Counted:
    """Counts tokens and remembers them: one call for many documents is faster than one for each."""

    def __init__(self, count_tokens: CountTokens) -> None:
        self._count_tokens = count_tokens
        self._known = dict[str, int]()

    def __call__(self, texts: Sequence[str]) -> list[int]:
        missing = list(dict.fromkeys(text for text in texts if text not in self._known))
        if missing:
            self._known.update(zip(missing, map(int, self._count_tokens(missing)), strict=True))
        return [self._known[text] for text in texts]
