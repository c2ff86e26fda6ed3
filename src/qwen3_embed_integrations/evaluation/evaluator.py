"""Compute a model's retrieval metrics on a dataset, at several dimensions from one pass over the texts."""

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
    """Retrieval metrics of one model at one dimension: means over the queries, each from 0 to 1.

    Attributes:
        dimension: Length of an embedding.
        ndcg_at_10: Normalised discounted cumulative gain of the first ten documents.
        recall_at_1: Share of the relevant documents ranked first.
        recall_at_10: Share of the relevant documents among the first ten.
        recall_at_100: Share of the relevant documents among the first hundred.
        mrr_at_10: Reciprocal rank of the first relevant document, 0 if it is not among the first ten.
    """

    dimension: int
    ndcg_at_10: float
    recall_at_1: float
    recall_at_10: float
    recall_at_100: float
    mrr_at_10: float

    def to_dict(self) -> dict[str, float]:
        """Return the metrics by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, metrics: Mapping[str, float]) -> RetrievalMetrics:
        """Return the metrics that `to_dict` described."""
        return cls(int(metrics["dimension"]), **{name: metrics[name] for name in metrics if name != "dimension"})


def evaluate(
    encoder: Qwen3Encoder, dataset: RetrievalDataset, dimensions: Sequence[int] = (), *, task: str | None = None
) -> list[RetrievalMetrics]:
    """Measure how well `encoder` retrieves the relevant documents of each query.

    Args:
        encoder: Embeds queries with the instruction of their task, and documents as in use.
        dataset: The corpus, the queries and their relevant documents.
        dimensions: Embedding lengths to measure at; () for the encoder's own and the powers of two below it.
        task: Task of the queries that name none themselves; None for the encoder's own.

    Returns:
        One `RetrievalMetrics` for each dimension, the largest first.

    Raises:
        DataFileError: If the dataset has no queries or no documents.
        ConfigError: If the model can't serve a dimension.
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
    """Measure embeddings that are already computed.

    Args:
        queries: Embeddings of `dataset.queries`, `[n_queries, hidden_size]` float32, of any length.
        documents: Embeddings of `dataset.documents`, `[n_documents, hidden_size]` float32, of any length.
        dataset: The relevance judgements.
        dimensions: Embedding lengths to measure at; the embeddings are truncated and normalised to each.

    Returns:
        One `RetrievalMetrics` for each dimension, the largest first.

    Raises:
        DataFileError: If there are no queries or no documents.
    """
    if not len(queries) or not len(documents):
        raise DataFileError("There are no queries or no documents to measure with.")
    return [
        _metrics_at(truncate_and_normalize(queries, d), truncate_and_normalize(documents, d), dataset, d)
        for d in sorted(set(dimensions), reverse=True)
    ]


def matryoshka_dims(encoder: Qwen3Encoder) -> list[int]:
    """Return the encoder's dimension and the powers of two below it, down to 32, largest first."""
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
