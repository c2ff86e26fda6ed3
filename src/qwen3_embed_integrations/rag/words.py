"""The words of an index: a BM25 index beside the Chroma folder, and what it knows of a question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chromadb.api.models.Collection import Collection

from qwen3_embed_integrations import BM25Index
from qwen3_embed_integrations.chroma import open_bm25_index
from qwen3_embed_integrations.hybrid import tokenize

from .corpora.chunking import Chunk

_TELLING = 0.5  # of the weight of the question's rarest known word: "how" and "do" are below


def open_words(collection: Collection, folder: Path) -> BM25Index:
    """Return the BM25 index of the collection, and remove those of collections that `--reindex` deleted.

    Raises:
        BM25IndexError: The file can't be read or written.
    """
    for path in folder.glob("bm25-*.sqlite3*"):
        if not path.name.startswith(f"bm25-{collection.id}.sqlite3"):
            path.unlink(missing_ok=True)
    return open_bm25_index(collection, folder, sync=False)


def sync_words(index: BM25Index, chunks: Mapping[str, Chunk]) -> None:
    """Make the index hold these chunks, heading path included.

    Ids alone are compared: they are digests of the text, so an equal id is an equal text.

    Raises:
        BM25IndexError: The file can't be written; the next call writes the rest.
    """
    index.sync(chunks, lambda ids: [chunks[key].embedded for key in ids])


@dataclass(frozen=True)
class Term:
    """A term of a question.

    Attributes:
        text: As `hybrid.tokenize` returns it.
        weight: Inverse document frequency, above 0; terms that no document has weigh most.
        is_known: Whether a document has it.
    """

    text: str
    weight: float
    is_known: bool


def question_terms(index: BM25Index, question: str) -> list[Term]:
    """Return the terms of a question, each once.

    The 1 in the weight counts in small folders: a term of every document is known, and its weight is not 0.

    Raises:
        BM25IndexError: The file can't be read.
    """
    n_documents = len(index)
    return [
        Term(term, math.log(1 + (n_documents + 0.5) / (found + 0.5)), found > 0)
        for term, found in index.document_frequencies(question).items()
    ]


def known_share(terms: Sequence[Term]) -> float:
    """Return how much of a question, by weight of its terms, stands anywhere in the documents: from 0 to 1."""
    total = sum(term.weight for term in terms)
    return sum(term.weight for term in terms if term.is_known) / total if total else 0.0


def shared_weight(terms: Sequence[Term], text: str) -> float:
    """Return how much of a question's known terms, by weight, stands in a text: from 0 to 1."""
    known = {term.text: term.weight for term in terms if term.is_known}
    total = sum(known.values())
    return sum(known[term] for term in known.keys() & tokenize(text)) / total if total else 0.0


def telling_terms(terms: Sequence[Term]) -> frozenset[str]:
    """Return the terms that stand in the documents and are rare enough to say something."""
    known = [term for term in terms if term.is_known]
    least = _TELLING * max((term.weight for term in known), default=0.0)
    return frozenset(term.text for term in known if term.weight >= least)
