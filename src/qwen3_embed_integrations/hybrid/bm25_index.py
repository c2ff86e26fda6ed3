"""BM25Index: BM25 over the terms of `tokenizer`, in one SQLite file that is written incrementally.

FTS5 keeps the inverted index. The ranking is computed in `ranking`, because FTS5's own `bm25()` fixes k1 and b and
scores every common term of a question.
"""

from __future__ import annotations

import math
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qwen3_embed_integrations.core.errors import ConfigError, InputTypeError
from qwen3_embed_integrations.core.inputs import checked_text, checked_texts

from .documents import add_documents, batches, delete_documents, ids_of, numbers_of, stored_documents
from .fusion import ScoredDocument
from .index_file import IndexFile
from .ranking import document_frequencies, ranked, totals
from .tokenizer import tokenize


@dataclass(frozen=True)
class IndexChanges:
    """What `sync` did, in documents."""

    n_added: int
    n_deleted: int


class BM25Index:
    """Documents by id, ranked by BM25. Safe to use from many threads and processes: many readers, one writer a time.

    A batch of 500 documents is one transaction, so a killed process leaves what was committed. A damaged file, or one
    of another tokenizer version, becomes an empty index with a line in the log: call `sync` to fill it again. The
    texts are not stored, but their terms are; the file has mode 0600.

    Example:
        >>> index = BM25Index()
        >>> index.add(["a", "b"], ["sorted() returns a new list", "The tower stands in Paris"])
        2
        >>> [hit.id for hit in index.search("Where is the tower?")]
        ['b']

    Args:
        path: The file; it is made if there is none. None: memory.
        k1: How much the repetition of a term in a document counts, at least 0.
        b: How much a long document is discounted, from 0 to 1.

    Raises:
        ConfigError: `k1` or `b` is out of range, the folder does not exist, or the file is another program's.
        BM25IndexError: The file can't be opened.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, k1: float = 1.2, b: float = 0.75) -> None:
        if not (0 <= k1 < math.inf and 0 <= b <= 1):
            raise ConfigError(f"Found k1={k1!r} and b={b!r}, expected k1 of at least 0 and b from 0 to 1.")
        self.k1, self.b = float(k1), float(b)
        self._file = IndexFile(None if path is None else Path(path))

    def __len__(self) -> int:
        """Return the number of documents."""
        return self._file.run(lambda connection: totals(connection)[0])

    def ids(self) -> list[str]:
        """Return the ids of all documents in the order in which they were first added."""
        return self._file.run(
            lambda connection: [one for (one,) in connection.execute("SELECT id FROM documents ORDER BY number")]
        )

    def missing(self, ids: Iterable[str]) -> list[str]:
        """Return those of `ids` that are not stored, in order."""
        names = _checked_ids(ids)
        stored = self._file.run(
            lambda connection: {name for some in batches(names) for name in stored_documents(connection, some)}
        )
        return [name for name in names if name not in stored]

    def add(self, ids: Iterable[str], texts: Iterable[str]) -> int:
        """Store documents; replace those whose text differs from the stored one.

        Args:
            ids: One id a text, each once.
            texts: The documents.

        Returns:
            How many were new or changed.

        Raises:
            ConfigError: The numbers differ, or an id stands twice or can't be encoded in UTF-8.
            InputTypeError: An id or a text is not a `str`.
            BM25IndexError: The file can't be written; the batches before it are stored.
        """
        names, documents = _checked_ids(checked_texts(ids, "id")), checked_texts(texts, "document")
        if len(names) != len(documents):
            raise ConfigError(f"Found {len(names)} ids and {len(documents)} texts. Give one id for each text.")
        return sum(self._add_batch(dict(batch)) for batch in batches(list(zip(names, documents, strict=True))))

    def delete(self, ids: Iterable[str]) -> int:
        """Delete documents; ids that are not stored are skipped.

        Returns:
            How many were deleted.

        Raises:
            InputTypeError: An id is not a `str`.
            BM25IndexError: The file can't be written; the batches before it are deleted.
        """
        return sum(
            self._file.run(lambda connection, some=batch: delete_documents(connection, some), write=True)  # type: ignore[misc]
            for batch in batches(_checked_ids(ids))
        )

    def sync(self, ids: Iterable[str], texts_of: Callable[[list[str]], Sequence[str]]) -> IndexChanges:
        """Make the index hold the documents `ids` and no other one; texts that are stored are not read again.

        Args:
            ids: All ids of the vector store.
            texts_of: Return the texts of some ids, in order; called for at most 500 ids that are missing here.

        Raises:
            ConfigError, InputTypeError, BM25IndexError: As for `add`.
        """
        wanted, stored = _checked_ids(ids), set(self.ids())
        n_deleted = self.delete(stored.difference(wanted))
        missing = [one for one in wanted if one not in stored]
        return IndexChanges(sum(self.add(some, texts_of(some)) for some in batches(missing)), n_deleted)

    def search(self, query: str, k: int = 10, *, include: Iterable[str] = ()) -> list[ScoredDocument]:
        """Return the documents with the highest scores, best first; equal scores keep the order of adding.

        A document without any term of the query is no hit. Terms that more than a fifth of the documents (and more
        than 1,000) have are left out unless the query has no other one: they decide little and cost most.

        Args:
            query: What to look for.
            k: How many documents to return at most.
            include: Ids of documents to return as well, if they have a term of the query.

        Raises:
            ConfigError: `k` is not a positive integer.
            InputTypeError: The query or an id is not a `str`.
            BM25IndexError: The file can't be read.
        """
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ConfigError(f"Found k={k!r}, expected a positive integer.")
        terms, included = sorted(set(tokenize(checked_text(query, "query")))), _checked_ids(include)
        return self._file.run(lambda connection: self._search(connection, terms, k, included))

    def document_frequencies(self, query: str) -> dict[str, int]:
        """Return in how many documents each term of the query stands; 0 for unknown ones.

        Raises:
            InputTypeError: The query is not a `str`.
            BM25IndexError: The file can't be read.
        """
        terms = sorted(set(tokenize(checked_text(query, "query"))))
        return self._file.run(lambda connection: document_frequencies(connection, terms))

    def max_term_score(self) -> float:
        """Return about the most that one term can add to a document's score: (k1 + 1) x ln(documents + 1).

        Scores grow with the index, since rare terms are rarer in it; divided by this, those of any index compare.

        Raises:
            BM25IndexError: The index can't be read.
        """
        return (self.k1 + 1) * math.log(max(len(self), 1) + 1)

    def close(self) -> None:
        """Close the file; the next call opens it again. An index in memory is lost."""
        self._file.close()

    def _add_batch(self, texts: Mapping[str, str]) -> int:
        return self._file.run(lambda connection: add_documents(connection, texts), write=True)

    def _search(
        self, connection: sqlite3.Connection, terms: Iterable[str], k: int, included: Sequence[str]
    ) -> list[ScoredDocument]:
        numbers, scores = ranked(connection, terms, self.k1, self.b)
        wanted = np.isin(numbers, numbers_of(connection, included))
        wanted[:k] = True
        best, best_scores = numbers[wanted].tolist(), scores[wanted].tolist()
        names = ids_of(connection, best)
        return [ScoredDocument(names[number], score) for number, score in zip(best, best_scores, strict=True)]


def _checked_ids(ids: Iterable[str]) -> list[str]:
    listed = list(ids) if isinstance(ids, (Mapping, AbstractSet)) else checked_texts(ids, "id")
    if len(set(listed)) != len(listed):
        twice = Counter(listed).most_common(1)[0][0]
        raise ConfigError(f"The id {twice!r} stands for more than one document. Give each its own id.")
    for name in listed:
        if not isinstance(name, str):
            raise InputTypeError(f"Found the id {name!r}, expected str.")
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise ConfigError(f"The id {name!r} has a lone surrogate, which UTF-8 can't encode. Remove it.") from error
    return listed
