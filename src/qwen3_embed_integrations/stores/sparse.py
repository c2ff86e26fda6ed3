"""BM25SparseEmbeddings: terms of any language as sparse vectors, for an engine's own hybrid search."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
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
        terms = sorted(set(term_indices(checked_text(text, "query"))))
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
        counts = Counter(term_indices(text))
        saturation = self.k1 * (1 - self.b + self.b * counts.total() / self.mean_length)
        values = [count * (self.k1 + 1) / (count + saturation) for count in counts.values()]
        return SparseVector(list(counts), values)


class MilvusSparseEmbeddings(BM25SparseEmbeddings):
    """BM25 as the dicts that Milvus takes; it has no inverse document frequency of its own, so they are given one.

    LangChain's store knows a sparse embedding by its base class:
    `langchain_milvus.utils.sparse.BaseSparseEmbedding.register(MilvusSparseEmbeddings)`.

    Args:
        texts: Documents like those of the collection: a term counts by its rarity among them.
        **options: As in `BM25SparseEmbeddings`.
    """

    def __init__(self, texts: Iterable[str], **options: float) -> None:
        super().__init__(**options)
        documents = checked_texts(texts, "document")
        self._n_holding = Counter(index for text in documents for index in set(term_indices(text)))
        self._n_documents = len(documents)

    def embed_documents(self, texts: Sequence[str]) -> list[dict[int, float]]:  # type: ignore[override] # Milvus's form
        """Return term → weight for each document; a text without terms has one that nothing else has."""
        return [dict(zip(one.indices, one.values, strict=True)) or {0: 1e-6} for one in super().embed_documents(texts)]

    def embed_query(self, text: str) -> dict[int, float]:  # type: ignore[override] # Milvus's form
        """Return term → rarity, 0 at least."""
        indices = super().embed_query(text).indices
        return {index: self._rarity(self._n_holding[index]) for index in indices} or {0: 1e-6}

    async def aembed_documents(self, texts: Sequence[str]) -> list[dict[int, float]]:  # type: ignore[override] # as above
        """Async twin of `embed_documents`."""
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> dict[int, float]:  # type: ignore[override] # as above
        """Async twin of `embed_query`."""
        return self.embed_query(text)

    def _rarity(self, n_holding: int) -> float:
        return math.log(1 + (self._n_documents - n_holding + 0.5) / (n_holding + 0.5))


def term_indices(text: str) -> list[int]:
    """Return the terms of a text as numbers from 0 to 2³² - 1, repetitions included."""
    return [_index(term) for term in tokenize(text)]


def _index(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")
