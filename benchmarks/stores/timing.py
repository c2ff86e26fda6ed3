"""Recall, latency and sizes of one way to search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

K = 10


@dataclass(frozen=True)
class SearchResult:
    """One way to search 100,000 documents.

    Attributes:
        engine: Such as "FAISS".
        name: The kind of search.
        recall: Of the exact ten, how many were found.
        ms: Median time of one query, one after another.
        build_s: To fill and build.
        bytes_per_vector: Of the index, the whole vectors included.
    """

    engine: str
    name: str
    recall: float
    ms: float
    build_s: float
    bytes_per_vector: float

    def plain(self) -> dict[str, Any]:
        """Return it as JSON types, rounded."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


def exact_neighbours(documents: NDArray[np.float32], queries: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return `[n_queries, 10]` indices of the nearest documents."""
    scores = queries @ documents.T
    nearest = np.argpartition(-scores, K, axis=1)[:, :K]
    order = np.take_along_axis(scores, nearest, axis=1).argsort(axis=1)[:, ::-1]
    return np.take_along_axis(nearest, order, axis=1)


def timed(
    queries: Iterable[NDArray[np.float32]], search: Callable[[NDArray[np.float32]], Iterable[int]]
) -> tuple[float, list[set[int]]]:
    """Return the median time of a query in ms, and what each found; the first three warm up."""
    queries = list(queries)
    for query in queries[:3]:
        search(query)
    times, found = [], []
    for query in queries:
        start = time.perf_counter()
        ids = search(query)
        times.append(time.perf_counter() - start)
        found.append({int(one) for one in ids})
    return 1000 * float(np.median(times)), found


def recall_of(found: list[set[int]], exact: NDArray[np.int64]) -> float:
    """Return the share of the exact ten that was found."""
    return float(np.mean([len(one & set(right.tolist())) / K for one, right in zip(found, exact, strict=True)]))
