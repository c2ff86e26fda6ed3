"""FAISS indexes for unit vectors: exact, of codes, or of two stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from qwen3_embed_integrations.core.errors import ConfigError, missing_extra
from qwen3_embed_integrations.core.quantization import Quantizer
from qwen3_embed_integrations.core.store_hits import FirstStage

from .handle import short_dimension

try:
    import faiss
except ImportError as error:
    raise missing_extra("faiss-cpu", "faiss") from error

_EF_SEARCH = 128  # candidates that the graph keeps at least
_EF_A_CANDIDATE = 4  # with as many as it returns, a graph misses one in fifty of those (benchmarks/stores)


def create_index(
    dimension: int, *, first: FirstStage = None, codes: Quantizer | None = None, m: int = 32, widen: int = 10
) -> Any:
    """Return an empty index for unit vectors that ranks by cosine. It takes whole embeddings, and needs no training.

    Args:
        dimension: Length of an embedding.
        first: Search a graph of the first so many numbers, or the signs of all ("binary"), then rank what it found by
            the whole embeddings. None: compare with every one.
        codes: Keep codes instead of whole embeddings: a byte a number by a range that was calibrated, or its sign.
            Scores are those of the codes.
        m: Neighbours of a vector in the graph.
        widen: How many times the wanted documents the first stage returns.

    Raises:
        ConfigError: `codes` beside `first` or of another dimension, or no such first stage.
    """
    if codes is not None:
        return _index_of_codes(dimension, first, codes)
    if first is None:
        return faiss.IndexFlatIP(dimension)
    stage = _signs(dimension) if first == "binary" else _graph(dimension, first, m, widen)
    index = faiss.IndexRefineFlat(stage)
    index.k_factor = widen
    return index


def first_stage(index: Any) -> FirstStage:
    """Return the first stage of an index; None if it has one stage alone."""
    if not isinstance(index, faiss.IndexRefine):
        return None
    base = faiss.downcast_index(index.base_index)
    if isinstance(base, faiss.IndexPreTransform):
        return int(faiss.downcast_index(base.index).d)
    return "binary"


def search_parameters(index: Any, widen: int, n_wanted: int) -> Any:
    """Return the parameters of a search in two stages.

    Args:
        index: Made by `create_index(first=…)`.
        widen: How many times the wanted documents the first stage returns.
        n_wanted: As a number: a graph keeps `_EF_A_CANDIDATE` times as many.
    """
    if first_stage(index) == "binary":
        return faiss.IndexRefineSearchParameters(k_factor=float(widen))
    graph = faiss.SearchParametersHNSW(efSearch=max(_EF_SEARCH, _EF_A_CANDIDATE * n_wanted))
    short = faiss.SearchParametersPreTransform(index_params=graph)
    return faiss.IndexRefineSearchParameters(k_factor=float(widen), base_index_params=short)


def read_index(file: str | Path) -> Any:
    """Return the index of a file."""
    return faiss.read_index(str(file))


def relevance(score: float) -> float:
    """Return a cosine as LangChain's relevance, from 0 to 1: give it as `relevance_score_fn`."""
    return max(0.0, min(1.0, score))


def _graph(dimension: int, first: FirstStage, m: int, widen: int) -> Any:
    size = short_dimension(first, dimension, "A FAISS index")
    graph = faiss.IndexHNSWFlat(size, m, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = 200, max(_EF_SEARCH, 10 * widen)
    short = faiss.IndexPreTransform(graph)
    short.prepend_transform(faiss.NormalizationTransform(size))
    short.prepend_transform(faiss.RemapDimensionsTransform(dimension, size, False))  # noqa: FBT003 - first, not spread
    return short


def _signs(dimension: int) -> Any:
    index = faiss.IndexRaBitQ(dimension, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(np.zeros(dimension, dtype=np.float32), index.center)  # else training takes the mean
    index.is_trained = True
    return index


def _index_of_codes(dimension: int, first: FirstStage, codes: Quantizer) -> Any:
    if first is not None or codes.dimension != dimension:
        raise ConfigError(
            f"Found codes of {codes.dimension} numbers for an index of {dimension} and first={first!r}. Give codes of "
            "the same dimension, and no first stage: the whole embeddings that it ranks by are not kept."
        )
    if codes.precision == "binary":
        return _signs(dimension)
    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit_uniform, faiss.METRIC_INNER_PRODUCT)
    lowest_and_width = np.asarray([-codes.limit, 2 * codes.limit], dtype=np.float32)
    faiss.copy_array_to_vector(lowest_and_width, index.sq.trained)
    index.is_trained = True
    return index


__all__ = ["create_index", "faiss", "first_stage", "read_index", "relevance", "search_parameters"]
