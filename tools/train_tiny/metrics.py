"""Retrieval, similarity and translation metrics."""

from __future__ import annotations

import numpy as np

from .evalsets import RetrievalSet


def ndcg_scores(scores: np.ndarray, dataset: RetrievalSet) -> np.ndarray:
    """Return each query's nDCG@10 in percent, binary relevance; equal scores keep the documents' order.

    Args:
        scores: ``[n queries, n documents]``.
        dataset: Tells which documents are relevant.
    """
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for row, relevant in zip(scores, dataset.relevant, strict=True):
        found = np.argsort(-row, kind="stable")[:10]
        gains = np.array([document in relevant for document in found])
        values.append(float((gains * discounts[: len(found)]).sum() / discounts[: len(relevant)].sum()))
    return 100 * np.array(values)


def hit_scores(scores: np.ndarray, dataset: RetrievalSet, n_first: int = 3) -> np.ndarray:
    """Return 100 for each query that has a relevant document among its first, else 0."""
    nearest = np.argsort(-scores, axis=1, kind="stable")[:, :n_first]
    hits = [not relevant.isdisjoint(found.tolist()) for found, relevant in zip(nearest, dataset.relevant, strict=True)]
    return 100.0 * np.array(hits)


def top_1_scores(queries: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Return 100 for each row whose nearest document is the one of the same number, else 0."""
    nearest = (queries @ documents.T).argmax(axis=1)
    return 100.0 * (nearest == np.arange(len(queries)))


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Return the rank correlation of two columns, equal values at their mean rank."""
    first, second = _ranks(one), _ranks(other)
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[group]


def normalised(rows: np.ndarray, width: int | None = None) -> np.ndarray:
    """Return the first ``width`` columns, each row at norm 1."""
    rows = rows[:, :width]
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
