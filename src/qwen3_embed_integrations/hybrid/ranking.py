"""BM25 scores of the documents that have a term of a query; read in one transaction.

The formula is that of Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond".
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qwen3_embed_integrations.core.types import IntArray

_COMMON_SHARE, _COMMON_DOCUMENTS = 0.2, 1000
_MAX_OCCURRENCES = 1_000_000  # read for one query, rarest terms first; bounds time and memory
_LOWEST_IDF = 1e-6  # of a term that half of the documents have: it still tells a hit from a miss

ScoreArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Postings:
    """A term's documents: `[n]` numbers, counts of the term and lengths of the documents in terms."""

    numbers: IntArray
    counts: ScoreArray
    lengths: ScoreArray


def ranked(connection: sqlite3.Connection, terms: Iterable[str], k1: float, b: float) -> tuple[IntArray, ScoreArray]:
    """Return the numbers of the documents with a term of the query and their scores, best first.

    Equal scores are ordered by number. Terms that more than a fifth of the documents, and more than 1,000, have are
    left out unless the query has no other one; so are the most common ones beyond a million occurrences.

    Returns:
        `[n]` int64 and `[n]` float64.
    """
    n_documents, mean_length = totals(connection)
    chosen = _chosen_terms(connection, terms, n_documents)
    if not chosen:
        return np.empty(0, dtype=np.int64), np.empty(0)
    postings = [_postings(connection, term) for term in chosen]
    numbers = np.unique(np.concatenate([one.numbers for one in postings]))
    scores = np.zeros(len(numbers))
    for frequency, one in zip(chosen.values(), postings, strict=True):
        idf = max(math.log((n_documents - frequency + 0.5) / (frequency + 0.5)), _LOWEST_IDF)
        saturation = k1 * (1 - b + b * one.lengths / mean_length)
        scores[np.searchsorted(numbers, one.numbers)] += idf * (k1 + 1) * one.counts / (one.counts + saturation)
    order = np.lexsort((numbers, -scores))
    return numbers[order], scores[order]


def totals(connection: sqlite3.Connection) -> tuple[int, float]:
    """Return the number of documents and their mean length in terms."""
    n_documents, mean = connection.execute("SELECT count(*), avg(length) FROM documents").fetchone()
    return n_documents, mean or 1.0


def _chosen_terms(connection: sqlite3.Connection, terms: Iterable[str], n_documents: int) -> dict[str, int]:
    """Return the terms to score with the number of documents that have each, rarest first."""
    found = []
    for term in terms:
        counted = connection.execute("SELECT doc, cnt FROM vocabulary WHERE term = ?", (term,)).fetchone()
        if counted:
            found.append((*counted, term))
    found.sort()
    most = max(_COMMON_SHARE * n_documents, _COMMON_DOCUMENTS)
    chosen: dict[str, int] = {}
    n_read = 0
    for frequency, n_occurrences, term in found:
        n_read += n_occurrences
        if chosen and (frequency > most or n_read > _MAX_OCCURRENCES):
            break
        chosen[term] = frequency
    return chosen


def _postings(connection: sqlite3.Connection, term: str) -> _Postings:
    found = connection.execute(
        "SELECT o.doc, count(*), d.length FROM occurrences o JOIN documents d ON d.number = o.doc "
        "WHERE o.term = ? GROUP BY o.doc",
        (term,),
    ).fetchall()
    table = np.array(found, dtype=np.int64).reshape(-1, 3)
    return _Postings(table[:, 0], table[:, 1].astype(np.float64), table[:, 2].astype(np.float64))
