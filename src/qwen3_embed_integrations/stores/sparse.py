"""BM25SparseEmbeddings: terms of any language as sparse vectors, for an engine's own hybrid search."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.inputs import checked_text, checked_texts
from qwen3_embed_integrations.hybrid import tokenize


@dataclass(frozen=True)
class SparseVector:
    """Terms of a text.

    Attributes:
        indices: One a term, all different, from 0 to 2³² - 1.
        values: Its weight in the text.
    """

    indices: list[int]
    values: list[float]


class BM25SparseEmbeddings:
    """BM25 as sparse vectors: the term weights are made here, the inverse document frequency by the engine.

    The engine must weigh terms by their rarity: in Qdrant `SparseVectorParams(modifier=Modifier.IDF)`. An instance
    serves as LangChain's `sparse_embedding`; its `document_vectors` and `query_vectors` are LlamaIndex's
    `sparse_doc_fn` and `sparse_query_fn`.

    Example:
        >>> BM25SparseEmbeddings().embed_query("机器学习").values
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]

    Args:
        k1: How much the repetition of a term in a document counts, at least 0.
        b: How much a long document is discounted, from 0 to 1.
        mean_length: Terms of a usual document: a sparse vector can't know those of the collection.

    Raises:
        ConfigError: A number is out of range.
    """

    def __init__(self, *, k1: float = 1.2, b: float = 0.75, mean_length: float = 256) -> None:
        if not (k1 >= 0 and 0 <= b <= 1 and mean_length > 0):
            raise ConfigError(
                f"Found k1={k1!r}, b={b!r} and mean_length={mean_length!r}, expected k1 of at least 0, b from 0 to 1 "
                "and a positive length."
            )
        self.k1, self.b, self.mean_length = k1, b, mean_length

    def embed_documents(self, texts: Sequence[str]) -> list[SparseVector]:
        """Return a vector for each document."""
        return [self._document(text) for text in checked_texts(texts, "document")]

    def embed_query(self, text: str) -> SparseVector:
        """Return the vector of a query: each of its terms counts once."""
        terms = sorted({_index(term) for term in tokenize(checked_text(text, "query"))})
        return SparseVector(terms, [1.0] * len(terms))

    async def aembed_documents(self, texts: Sequence[str]) -> list[SparseVector]:
        """Async twin of `embed_documents`."""
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> SparseVector:
        """Async twin of `embed_query`."""
        return self.embed_query(text)

    def document_vectors(self, texts: Sequence[str]) -> tuple[list[list[int]], list[list[float]]]:
        """Return indices and values of documents, as LlamaIndex asks for them."""
        found = self.embed_documents(texts)
        return [one.indices for one in found], [one.values for one in found]

    def query_vectors(self, texts: Sequence[str]) -> tuple[list[list[int]], list[list[float]]]:
        """Return indices and values of queries, as LlamaIndex asks for them."""
        found = [self.embed_query(text) for text in checked_texts(texts, "query")]
        return [one.indices for one in found], [one.values for one in found]

    def _document(self, text: str) -> SparseVector:
        counts = Counter(_index(term) for term in tokenize(text))
        saturation = self.k1 * (1 - self.b + self.b * counts.total() / self.mean_length)
        values = [count * (self.k1 + 1) / (count + saturation) for count in counts.values()]
        return SparseVector(list(counts), values)


def _index(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")
