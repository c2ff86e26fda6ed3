"""Query and documents → request body; the bytes of an answer → validated scores, and scores → logits. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qwen3_embed_integrations.core.types import FloatArray

from .http_request import FREE_BYTES, HttpRequest
from .protocol import (
    BRACKETS_AN_INPUT,
    FREE_BRACKETS,
    BadAnswerError,
    Quote,
    by_index,
    parse_json,
    raise_for_brackets,
    shown,
)
from .rerank_engines import RerankTarget

_BYTES_A_RESULT = 512
_BYTES_A_CHARACTER = 12  # of an echoed document: JSON may spell a character as two escapes
_ROUNDING = 1e-6  # beyond 0 and 1: of a probability in float32
_MOST = 1 - 2.0**-25  # the probability of a score of exactly 1.0: float32 has none between it and 1 - 2**-24
_LARGEST = float(np.finfo(np.float32).max)  # a Python number: it compares with integers of any size
_LEAST = 2.0**-149  # the smallest positive number of float32


@dataclass(frozen=True)
class ScoresRequest(HttpRequest):
    """A request for the scores of documents.

    Attributes:
        target: The server.
        query: What a document should answer.
        instruction: What makes a document relevant.
        documents: The documents.
    """

    target: RerankTarget
    query: str
    instruction: str
    documents: Sequence[str]

    @property
    def max_bytes(self) -> int:
        """Longest answer in bytes; a server may echo the documents."""
        echoed = _BYTES_A_CHARACTER * sum(map(len, self.documents))
        return FREE_BYTES + _BYTES_A_RESULT * len(self.documents) + echoed

    def body(self) -> dict[str, Any]:
        """Return the JSON body: all documents are to be scored, not the best ones alone."""
        profile = self.target.profile
        body = {
            "model": self.target.model,
            "query": self.query,
            "documents": list(self.documents),
            "top_n": len(self.documents),
            **profile.fields,
        }
        return body if profile.instruction is None else {**body, profile.instruction: self.instruction}

    def read(self, content: bytes, quote: Quote) -> FloatArray:
        """Return the scores of an answer as the server sent them, `[n, 1]` float32, in the order of the documents.

        They are mapped by `index` alone: servers sort by score, and some sort not at all.
        """
        brackets = sum(document.count("[") + document.count("{") for document in self.documents)
        raise_for_brackets(content, FREE_BRACKETS + BRACKETS_AN_INPUT * len(self.documents) + brackets)
        found = by_index(_entries(parse_json(content), quote), len(self.documents))
        scores = [_score(score, index, quote) for index, score in enumerate(found)]
        return np.asarray(scores, dtype=np.float32)[:, None]


def are_logits(scores: FloatArray) -> bool:
    """Return whether a server's scores can't be probabilities: one is outside 0 to 1."""
    return bool((scores < -_ROUNDING).any() or (scores > 1 + _ROUNDING).any())


def to_logits(probabilities: FloatArray) -> FloatArray:
    """Return the log-odds of probabilities; those of exactly 0 and 1 become the nearest that float32 tells apart."""
    p = np.clip(probabilities.astype(np.float64), _LEAST, _MOST)
    logits: FloatArray = (np.log(p) - np.log1p(-p)).astype(np.float32)
    return logits


def _entries(answer: Any, quote: Quote) -> list[tuple[Any, Any]]:
    """Return (index, score) pairs: of "results", of DashScope's "output", or of a bare list as SGLang sends it."""
    results = answer
    for name in ("output", "results"):
        results = results.get(name, results) if isinstance(results, dict) else results
    if not isinstance(results, list) or not all(isinstance(entry, dict) for entry in results):
        raise BadAnswerError(f'expected a list "results" of objects, found {shown(answer, quote)}')
    return [(entry.get("index"), entry.get("relevance_score", entry.get("score"))) for entry in results]


def _score(score: Any, index: int, quote: Quote) -> float:
    if type(score) not in (int, float):  # a bool is no number here
        raise BadAnswerError(f"the score of document {index} is not a number but {shown(score, quote)}")
    if not abs(score) <= _LARGEST:
        raise BadAnswerError(f"the score of document {index} is NaN, infinite or out of range")
    return float(score)
