"""The dev set during the run: measured by the trainer now and then, on the model as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.evaluation import BaseEvaluator

from qwen3_embed_integrations.core.arrays import FloatArray
from qwen3_embed_integrations.evaluation import JudgedSet, figures_of

from .prompting import Prompting

BEST = "ndcg_at_10"
"""What tells the best checkpoint."""


class DevEvaluator(BaseEvaluator):  # type: ignore[misc] # sentence-transformers' modules are not typed through
    """Figures of a judged set at full width, under the names of `Figures`.

    Args:
        judged: Queries, documents and what answers what.
        prompting: What stands before them.
        batch_size: Texts of one forward pass.
    """

    def __init__(self, judged: JudgedSet, prompting: Prompting, batch_size: int) -> None:
        super().__init__()
        self.primary_metric = BEST
        self._judged = judged
        self._prompting = prompting
        self._batch_size = batch_size

    def __call__(self, model: SentenceTransformer, *_: Any, **__: Any) -> dict[str, float]:
        """Gives the figures."""
        judged = self._judged
        width = model.get_embedding_dimension()
        queries = np.empty((len(judged.queries), width), dtype=np.float32)
        for task in dict.fromkeys(judged.tasks):
            numbers = [number for number, name in enumerate(judged.tasks) if name == task]
            texts = [judged.queries[number] for number in numbers]
            queries[numbers] = self._rows(model, texts, self._prompting.by_task[task])
        documents = self._rows(model, judged.documents, self._prompting.document)
        (figures,) = figures_of(queries, documents, judged, [width])
        return {name: value for name, value in figures.to_dict().items() if name != "dimension"}

    def _rows(self, model: SentenceTransformer, texts: Sequence[str], prompt: str) -> FloatArray:
        rows: FloatArray = model.encode(
            list(texts), prompt=prompt or None, batch_size=self._batch_size, show_progress_bar=False
        )
        return rows
