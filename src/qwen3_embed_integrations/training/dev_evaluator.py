"""The dev set during the run: measured by the trainer now and then, on the model as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.evaluation import BaseEvaluator
from sentence_transformers.base.model import BaseModel

from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.evaluation import JudgedSet, figures_of

from .model import width_of
from .prompting import Prompting

BEST = "ndcg_at_10"
"""What tells the best checkpoint."""


class DevEvaluator(BaseEvaluator):
    """Figures of a judged set at full width, under the names of `Figures`.

    Args:
        judged: Queries, documents and what answers what.
        prompting: What stands before them.
        batch_size: Texts of one forward pass.
    """

    def __init__(self, judged: JudgedSet, prompting: Prompting, batch_size: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # sentence-transformers'
        self.primary_metric = BEST
        self._judged = judged
        self._prompting = prompting
        self._batch_size = batch_size

    def __call__(
        self, model: BaseModel, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """Gives the figures."""
        del output_path, epoch, steps
        model = cast("SentenceTransformer", model)
        judged = self._judged
        width = width_of(model)
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
