"""A model's retrieval figures on a judged set, at several dimensions from one pass over the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.catalog import MIN_DIMENSION
from qwen3_embed_integrations.core.errors import DataFileError
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize
from qwen3_embed_integrations.core.types import FloatArray

from .dataset import RetrievalDataset
from .metrics import ndcg, recall, reciprocal_rank, top

_CUT = 10
_DEEP_CUT = 100
_QUERIES_AT_ONCE = 256


@dataclass(frozen=True)
class RetrievalMetrics:
    """How well one model finds, at one dimension; shares from 0 to 1, means over the queries.

    Attributes:
        dimension: Length of an embedding.
        ndcg_at_10: Normalised discounted cumulative gain of the first ten.
        recall_at_1: Share of the relevant documents that are found first.
        recall_at_10: Share of them among the first ten.
        recall_at_100: Share of them among the first hundred.
        mrr_at_10: 1 / rank of the first relevant document, 0 beyond ten.
    """

    dimension: int
    ndcg_at_10: float
    recall_at_1: float
    recall_at_10: float
    recall_at_100: float
    mrr_at_10: float

    def to_dict(self) -> dict[str, float]:
        """Gives the figures by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, metrics: Mapping[str, float]) -> RetrievalMetrics:
        """Gives back the figures that `to_dict` gave."""
        return cls(int(metrics["dimension"]), **{name: metrics[name] for name in metrics if name != "dimension"})


def evaluate(
    encoder: Qwen3Encoder, dataset: RetrievalDataset, dimensions: Sequence[int] = (), *, task: str | None = None
) -> list[RetrievalMetrics]:
    """Measures how well `encoder` finds the relevant documents of each query.

    Args:
        encoder: Embeds queries with its task's instruction, documents as it does in use.
        dataset: What to search, and what should be found.
        dimensions: Embedding lengths to measure at; none: the encoder's own and the powers of two below it.
        task: The queries' task, where it is not the encoder's.

    Returns:
        One `RetrievalMetrics` for each dimension, the largest first.

    Raises:
        DataFileError: There is nothing to measure.
        ConfigError: A dimension that the model can't serve.
    """
    wanted = [encoder.model_info.checked_dimension(dimension) for dimension in dimensions or matryoshka_dims(encoder)]
    queries = np.empty((len(dataset.queries), encoder.model_info.hidden_size), dtype=np.float32)
    tasks = dataset.tasks or ("",) * len(dataset.queries)
    for chosen in dict.fromkeys(tasks):
        numbers = [number for number, name in enumerate(tasks) if name == chosen]
        texts = [dataset.queries[number] for number in numbers]
        queries[numbers] = encoder.encode(texts, "query", task=chosen or task).full_embeddings
    return evaluate_embeddings(queries, encoder.encode(dataset.documents, "document").full_embeddings, dataset, wanted)


def evaluate_embeddings(
    queries: FloatArray, documents: FloatArray, dataset: RetrievalDataset, dimensions: Sequence[int]
) -> list[RetrievalMetrics]:
    """Gives the figures of embeddings that somebody else has computed.

    Args:
        queries: `[n queries, width]`.
        documents: `[n documents, width]`.
        dataset: What the embeddings stand for.
        dimensions: Embedding lengths to measure at.

    Returns:
        One `RetrievalMetrics` for each dimension, the largest first.

    Raises:
        DataFileError: There is nothing to measure.
    """
    if not len(queries) or not len(documents):
        raise DataFileError("There are no queries or no documents to measure with.")
    return [
        _metrics_at(truncate_and_normalize(queries, d), truncate_and_normalize(documents, d), dataset, d)
        for d in sorted(set(dimensions), reverse=True)
    ]


def matryoshka_dims(encoder: Qwen3Encoder) -> list[int]:
    """Gives the encoder's dimension and the powers of two below it, down to 32."""
    widest = encoder.dimension
    powers = [2**i for i in range(MIN_DIMENSION.bit_length() - 1, widest.bit_length())]
    return [widest, *(power for power in reversed(powers) if power < widest)]


def _metrics_at(
    queries: FloatArray, documents: FloatArray, dataset: RetrievalDataset, dimension: int
) -> RetrievalMetrics:
    per_query = np.array(
        [
            (
                ndcg(found, relevant, _CUT),
                recall(found, relevant, 1),
                recall(found, relevant, _CUT),
                recall(found, relevant, _DEEP_CUT),
                reciprocal_rank(found, relevant, _CUT),
            )
            for found, relevant in zip(_ranked(queries, documents), dataset.relevant, strict=True)
        ]
    )
    return RetrievalMetrics(dimension, *(float(mean) for mean in per_query.mean(axis=0)))


def _ranked(queries: FloatArray, documents: FloatArray) -> Iterator[list[int]]:
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        yield from top(queries[start : start + _QUERIES_AT_ONCE] @ documents.T, _DEEP_CUT).tolist()
