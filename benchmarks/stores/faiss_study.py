"""FAISS: exact, HNSW, IVF, int8, binary and two stages."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from timing import K, SearchResult, recall_of, timed

from qwen3_embed_integrations.stores.faiss import create_index, search_parameters

_IP = faiss.METRIC_INNER_PRODUCT


def study(
    documents: NDArray[np.float32], queries: NDArray[np.float32], exact: NDArray[np.int64], only: list[str]
) -> Iterator[SearchResult]:
    """Yield a result for each kind of index; `only` names some of them."""
    width = documents.shape[1]
    for name in only or _INDEXES:
        build = _INDEXES[name]
        start = time.perf_counter()
        index, parameters = build(width)
        if not index.is_trained:
            index.train(documents[:40_000])
        index.add(documents)
        built = time.perf_counter() - start

        def search(query: NDArray[np.float32], index: Any = index, parameters: Any = parameters) -> list[int]:
            _, ids = index.search(query[None, :], K, params=parameters)
            return [int(one) for one in ids[0]]

        ms, found = timed(queries, search)
        yield SearchResult("FAISS", name, recall_of(found, exact), ms, built, _n_bytes(index) / len(documents))


def _exact(width: int) -> tuple[Any, Any]:
    return faiss.IndexFlatIP(width), None


def _hnsw(width: int) -> tuple[Any, Any]:
    index = faiss.IndexHNSWFlat(width, 32, _IP)
    index.hnsw.efConstruction = 200
    return index, faiss.SearchParametersHNSW(efSearch=128)


def _ivf(width: int) -> tuple[Any, Any]:
    return faiss.index_factory(width, "IVF1024,Flat", _IP), faiss.SearchParametersIVF(nprobe=32)


def _int8(width: int) -> tuple[Any, Any]:
    index = faiss.index_factory(width, "HNSW32,SQ8", _IP)
    index.hnsw.efConstruction = 200
    return index, faiss.SearchParametersHNSW(efSearch=128)


def _binary(width: int) -> tuple[Any, Any]:
    index = faiss.index_factory(width, "RaBitQ,RFlat", _IP)
    return index, faiss.IndexRefineSearchParameters(k_factor=10.0)


def _two_stages(width: int) -> tuple[Any, Any]:
    return create_index(width, first=256), search_parameters(40, 40 * K)


_INDEXES: dict[str, Callable[[int], tuple[Any, Any]]] = {
    "exact": _exact,
    "HNSW": _hnsw,
    "IVF (1,024 lists, 32 read)": _ivf,
    "HNSW, int8": _int8,
    "binary, then whole": _binary,
    "two stages, 256 first, 400 kept": _two_stages,
}


def _n_bytes(index: Any) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        faiss.write_index(index, str(path))
        return path.stat().st_size
