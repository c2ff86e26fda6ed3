"""Evaluate the model on the dev set during the run, in sentence-transformers' evaluator interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.evaluation import BaseEvaluator
from sentence_transformers.base.model import BaseModel

from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.evaluation import RetrievalDataset, evaluate_embeddings

from .model import width_of
from .prompting import Prompting

BEST = "ndcg_at_10"
"""The metric that decides which checkpoint is best."""


class DevEvaluator(BaseEvaluator):
    """Retrieval metrics of a dataset at full width, under the names of `RetrievalMetrics`.

    Args:
        dataset: Queries, documents and relevance judgements.
        prompting: The prompts of queries and documents.
        batch_size: Texts of one forward pass.
    """

    def __init__(self, dataset: RetrievalDataset, prompting: Prompting, batch_size: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # sentence-transformers'
        self.primary_metric = BEST
        self._dataset = dataset
        self._prompting = prompting
        self._batch_size = batch_size

    def __call__(
        self, model: BaseModel, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """Return the metrics by name."""
        del output_path, epoch, steps
        model = cast("SentenceTransformer", model)
        dataset = self._dataset
        width = width_of(model)
        queries = np.empty((len(dataset.queries), width), dtype=np.float32)
        for task in dict.fromkeys(dataset.tasks):
            numbers = [number for number, name in enumerate(dataset.tasks) if name == task]
            texts = [dataset.queries[number] for number in numbers]
            queries[numbers] = self._embeddings(model, texts, self._prompting.by_task[task])
        documents = self._embeddings(model, dataset.documents, self._prompting.document)
        (metrics,) = evaluate_embeddings(queries, documents, dataset, [width])
        return {name: value for name, value in metrics.to_dict().items() if name != "dimension"}

    def _embeddings(self, model: SentenceTransformer, texts: Sequence[str], prompt: str) -> FloatArray:
        embeddings: FloatArray = model.encode(
            list(texts), prompt=prompt or None, batch_size=self._batch_size, show_progress_bar=False
        )
        return embeddings
