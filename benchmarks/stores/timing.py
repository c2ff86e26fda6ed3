"""Recall, latency and sizes of one way to search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

K = 10
STAGES = {256: [(64, 40), (128, 20)], 1024: [(256, 40)]}
"""Dimension → numbers of the first stage, and how many times ten documents it keeps."""


def stages_name(first: int, widen: int) -> str:
    """Return the name of a search in two stages."""
    return f"two stages: {first} first ({widen * K} kept)"


@dataclass(frozen=True)
class SearchResult:
    """One way to search 100,000 documents.

    Attributes:
        engine: Such as "FAISS".
        name: The kind of search.
        dimension: Numbers of a vector.
        recall: Of the exact ten, how many were found.
        ms: Median time of one query, one after another.
        queries_s: Queries a second, one after another.
        build_s: To fill and build.
        bytes_per_vector: Of the index, the whole vectors included.
        inserts_s: Vectors a second that the finished index takes.
    """

    engine: str
    name: str
    dimension: int
    recall: float
    ms: float
    queries_s: float
    build_s: float
    bytes_per_vector: float
    inserts_s: float

    def plain(self) -> dict[str, Any]:
        """Return it as JSON types, rounded."""
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Searched:
    """What the queries found, and how fast.

    Attributes:
        ms: Median time of one query.
        queries_s: Queries a second.
        found: Positions of the documents that each query found.
    """

    ms: float
    queries_s: float
    found: list[set[int]]

    def recall(self, exact: NDArray[np.int64]) -> float:
        """Return the share of the exact ten that was found."""
        pairs = zip(self.found, exact[: len(self.found)], strict=True)
        return float(np.mean([len(one & set(right.tolist())) / K for one, right in pairs]))


def exact_neighbours(documents: NDArray[np.float32], queries: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return `[n_queries, 10]` indices of the nearest documents."""
    scores = queries @ documents.T
    nearest = np.argpartition(-scores, K, axis=1)[:, :K]
    order = np.take_along_axis(scores, nearest, axis=1).argsort(axis=1)[:, ::-1]
    return np.take_along_axis(nearest, order, axis=1)


def timed(queries: Iterable[NDArray[np.float32]], search: Callable[[NDArray[np.float32]], Iterable[int]]) -> Searched:
    """Return what each query found, and the times; the first three warm up."""
    queries = list(queries)
    for query in queries[:3]:
        search(query)
    times, found = [], []
    for query in queries:
        start = time.perf_counter()
        ids = search(query)
        times.append(time.perf_counter() - start)
        found.append({int(one) for one in ids})
    return Searched(1000 * float(np.median(times)), len(times) / sum(times), found)


def rate(n: int, write: Callable[[], Any]) -> float:
    """Return how many of `n` vectors a second `write` writes."""
    start = time.perf_counter()
    write()
    return n / (time.perf_counter() - start)
