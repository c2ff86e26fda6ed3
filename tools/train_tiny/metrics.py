"""Retrieval figures from rows of scores."""

from __future__ import annotations

import numpy as np

from .evalsets import RetrievalSet


def ndcg_at_10(scores: np.ndarray, dataset: RetrievalSet) -> float:
    """Return the mean nDCG@10 in percent, binary relevance; equal scores keep the documents' order.

    Args:
        scores: ``[n queries, n documents]``.
        dataset: Tells which documents are relevant.
    """
    discounts = 1 / np.log2(np.arange(2, 12))
    total = 0.0
    for row, relevant in zip(scores, dataset.relevant, strict=True):
        found = np.argsort(-row, kind="stable")[:10]
        gains = np.array([document in relevant for document in found])
        total += float((gains * discounts[: len(found)]).sum() / discounts[: len(relevant)].sum())
    return 100 * total / len(scores)


def top_1(queries: np.ndarray, documents: np.ndarray) -> float:
    """Return the share in percent of rows whose nearest document is the one of the same number."""
    nearest = (queries @ documents.T).argmax(axis=1)
    return 100 * float((nearest == np.arange(len(queries))).mean())


def unit(rows: np.ndarray, width: int | None = None) -> np.ndarray:
    """Return the first ``width`` columns, each row at norm 1."""
    rows = rows[:, :width]
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
