"""The first stages of a Qdrant collection: a short vector, or codes that Qdrant makes of the whole one."""

from __future__ import annotations

from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError, missing_extra
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize
from qwen3_embed_integrations.core.store_hits import FirstStage
from qwen3_embed_integrations.core.types import FloatArray

from .handle import short_dimension

try:
    from qdrant_client import models
except ImportError as error:
    raise missing_extra("qdrant-client", "qdrant") from error

FIRST_VECTOR = "first"
"""Name of the short vector of a two-stage collection; the whole one is "full"."""


def vectors_config(dimension: int, first: FirstStage, where: str) -> Any:
    """Return what a new collection is told of its vectors.

    Raises:
        ConfigError: No such first stage.
    """
    full = models.VectorParams(size=dimension, distance=models.Distance.COSINE)
    if first is None:
        return full
    full.on_disk = True
    if first == "int8":
        scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
        full.quantization_config = models.ScalarQuantization(scalar=scalar)
        return full
    if first == "binary":
        binary = models.BinaryQuantizationConfig(always_ram=True)
        full.quantization_config = models.BinaryQuantization(binary=binary)
        return full
    full.hnsw_config = models.HnswConfigDiff(m=0)
    short = models.VectorParams(size=short_dimension(first, dimension, where), distance=models.Distance.COSINE)
    return {"full": full, FIRST_VECTOR: short}


def check_codes(params: Any, first: FirstStage, where: str) -> None:
    """Raise ConfigError if a vector has no codes of this kind."""
    found = type(params.quantization_config).__name__
    if found != {"int8": "ScalarQuantization", "binary": "BinaryQuantization"}[str(first)]:
        raise ConfigError(
            f"{where} has no first stage {first!r} (its quantization is {found.removesuffix('Type')}). "
            f"Make it by QdrantHandle(client, name).create(dimension, first={first!r})."
        )


def search_codes(widen: int) -> Any:
    """Return the parameters of a search that compares codes, then ranks `widen` times as many by whole vectors."""
    quantization = models.QuantizationSearchParams(ignore=False, rescore=True, oversampling=float(widen))
    return models.SearchParams(quantization=quantization)


def prefetches(embedding: FloatArray, name: str, size: int, limits: tuple[int, int], where: Any) -> list[Any]:
    """Return the first stage of a search by the short vector, and of the points that have none by the whole one.

    Args:
        embedding: `[dimension]`, of the query.
        name: Of the whole vector; "" for the unnamed one.
        size: Length of the short vector.
        limits: Points that the first finds, and the other.
        where: A `models.Filter`, or None.
    """
    head = truncate_and_normalize(embedding[None, :], size)[0].tolist()
    has_none = models.Filter(
        must=[] if where is None else [where],
        must_not=[models.HasVectorCondition(has_vector=FIRST_VECTOR)],
    )
    return [
        models.Prefetch(query=head, using=FIRST_VECTOR, limit=limits[0], filter=where),
        models.Prefetch(query=embedding.tolist(), using=name or None, limit=limits[1], filter=has_none),
    ]
