"""Cut documents by one setting, and see how much of each quote every chunk holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qwen3_embed_integrations.core.types import FloatArray, IntArray
from qwen3_embed_integrations.rag.corpora.blocks import ParsedDocument
from qwen3_embed_integrations.rag.corpora.chunking import Chunk, document_chunks
from qwen3_embed_integrations.rag.corpora.corpus import content_digest
from qwen3_embed_integrations.rag.corpora.units import CountTokens

from .questions import AnsweredQuestion, Quote
from .settings import Setting


@dataclass(frozen=True)
class Coverage:
    """A chunk that holds a part of a quote.

    Attributes:
        chunk: The chunk's number.
        begin: Where that part begins, as a share of the chunk's length.
        until: Where it ends.
        share: Share of the quote's characters that it holds.
    """

    chunk: int
    begin: float
    until: float
    share: float


@dataclass(frozen=True)
class Cut:
    """Documents cut by one setting.

    Attributes:
        texts: What is embedded of each chunk; a text that stands in several places is one chunk.
        lengths: Their lengths in tokens `[n]`.
        coverage: For each question and judgement, the chunks that hold a part of the quote.
    """

    texts: tuple[str, ...]
    lengths: IntArray
    coverage: tuple[tuple[tuple[Coverage, ...], ...], ...]

    @property
    def share_cut_in_two(self) -> float:
        """Share of the quotes that no chunk holds as a whole."""
        whole = [any(part.share >= 1 for part in parts) for question in self.coverage for parts in question]
        return 1 - float(np.mean(whole))


def cut(
    documents: Sequence[ParsedDocument],
    questions: Sequence[AnsweredQuestion],
    setting: Setting,
    count_tokens: CountTokens,
) -> Cut:
    """Return the chunks of all documents, and the parts of the questions' quotes that each holds.

    Args:
        documents: The documents.
        questions: Answered questions, whose quotes stand in them.
        setting: How to cut.
        count_tokens: Counts with the tokenizer of the model that embeds the chunks.
    """
    numbers, texts = dict[bytes, int](), list[str]()
    places = defaultdict[str, list[tuple[int, Chunk]]](list)
    for document in documents:
        for chunk in document_chunks(document, setting.chunk_options, count_tokens):
            number = numbers.setdefault(content_digest(chunk), len(texts))
            if number == len(texts):
                texts.append(chunk.embedded)
            places[document.source].append((number, chunk))
    coverage = tuple(
        tuple(tuple(part for quote in quotes for part in _parts(quote, places[quote.source])) for quotes in one.quotes)
        for one in questions
    )
    lengths: IntArray = np.array(count_tokens(texts), dtype=np.int64)
    return Cut(tuple(texts), lengths, coverage)


def _parts(quote: Quote, places: Sequence[tuple[int, Chunk]]) -> list[Coverage]:
    found = []
    for number, chunk in places:
        begin, until = max(chunk.start, quote.start), min(chunk.end, quote.end)
        if begin < until:
            length = max(chunk.end - chunk.start, 1)
            share = (until - begin) / (quote.end - quote.start)
            found.append(Coverage(number, (begin - chunk.start) / length, (until - chunk.start) / length, share))
    return found


def index_bytes(cut: Cut, embeddings: FloatArray) -> int:
    """Return the bytes of the vectors and texts; a vector database's own structures come on top."""
    return embeddings.nbytes + sum(len(text.encode(errors="surrogatepass")) for text in cut.texts)
