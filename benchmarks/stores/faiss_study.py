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
from timing import STAGES, K, SearchResult, rate, stages_name, timed

from qwen3_embed_integrations.stores.faiss import create_index, search_parameters

_IP = faiss.METRIC_INNER_PRODUCT
_N_TRAINED = 40_000
_N_INSERTED = 500

Made = tuple[Any, Any]
"""An index, and the parameters of its searches."""


def study(
    documents: NDArray[np.float32], queries: NDArray[np.float32], exact: NDArray[np.int64], only: list[str]
) -> Iterator[SearchResult]:
    """Yield a result for each kind of index; `only` names some of them."""
    width = documents.shape[1]
    for name, make in _indexes(width).items():
        if only and name not in only:
            continue
        start = time.perf_counter()
        index, parameters = make()
        if not index.is_trained:
            index.train(documents[:_N_TRAINED])
        index.add(documents)
        built = time.perf_counter() - start

        def search(query: NDArray[np.float32], index: Any = index, parameters: Any = parameters) -> list[int]:
            _, ids = index.search(query[None, :], K, params=parameters)
            return [int(one) for one in ids[0]]

        found = timed(queries, search)
        n_bytes = _n_bytes(index) / len(documents)
        inserts = rate(_N_INSERTED, lambda index=index: index.add(documents[:_N_INSERTED]))  # type: ignore[misc]
        yield SearchResult(
            "FAISS", name, width, found.recall(exact), found.ms, found.queries_s, built, n_bytes, inserts
        )


def _indexes(width: int) -> dict[str, Callable[[], Made]]:
    """Return how each kind is made."""

    def exact() -> Made:
        return faiss.IndexFlatIP(width), None

    def hnsw() -> Made:
        index = faiss.IndexHNSWFlat(width, 32, _IP)
        index.hnsw.efConstruction = 200
        return index, faiss.SearchParametersHNSW(efSearch=128)

    def ivf() -> Made:
        return faiss.index_factory(width, "IVF1024,Flat", _IP), faiss.SearchParametersIVF(nprobe=64)

    def int8() -> Made:
        return faiss.index_factory(width, "SQ8", _IP), None

    def binary() -> Made:
        return faiss.index_factory(width, "RaBitQ,RFlat", _IP), faiss.IndexRefineSearchParameters(k_factor=10.0)

    def staged(first: int, widen: int) -> Callable[[], Made]:
        def make() -> Made:
            index = create_index(width, first=first)
            return index, search_parameters(index, widen, widen * K)

        return make

    return {
        "exact": exact,
        "HNSW": hnsw,
        "IVF (1,024 lists, 64 read)": ivf,
        "int8": int8,
        "binary, then whole (100 kept)": binary,
        **{stages_name(first, widen): staged(first, widen) for first, widen in STAGES[width]},
    }


def _n_bytes(index: Any) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        faiss.write_index(index, str(path))
        return path.stat().st_size
