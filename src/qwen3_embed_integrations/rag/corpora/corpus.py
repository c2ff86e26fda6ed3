"""Corpus: a set of documents, and the chunks that are embedded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from .blocks import ParsedDocument
from .chunking import Chunk, ChunkOptions, document_chunks
from .units import CountTokens

_DOCUMENTS = 200  # whose tokens are counted at a time


@dataclass(frozen=True)
class Corpus:
    """A set of documents.

    Attributes:
        name: The corpus's name; an index belongs to one corpus.
        documents: The documents that were read, each with text.
        skipped: The files that could not be read, each as its name and the reason.
        unknown: How many files of a kind that is not read there are, by suffix; "" for no suffix.
    """

    name: str
    documents: list[ParsedDocument]
    skipped: tuple[str, ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()


def chunks_by_id(
    documents: Iterable[ParsedDocument], count_tokens: CountTokens, options: ChunkOptions | None = None
) -> dict[str, Chunk]:
    """Return the chunks of all documents, by an id that is a digest of source and embedded text.

    Equal ids mean equal chunks, so an index that holds exactly these ids is up to date. A text that a document
    repeats, such as the footer of every page, is one chunk.

    Args:
        documents: The documents.
        count_tokens: Counts with the tokenizer of the model that embeds the chunks.
        options: Length and borders of a chunk.
    """
    chunks = dict[str, Chunk]()
    rest = iter(documents)
    while part := list(islice(rest, _DOCUMENTS)):
        counted = _Counted(count_tokens)
        counted([text for document in part for text in (document.title, *(block.text for block in document.blocks))])
        for document in part:
            for chunk in document_chunks(document, options or ChunkOptions(), counted):
                chunks.setdefault(chunk.id, chunk)
    return chunks


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
