"""TrainingReport: what a fine-tuning returns."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.evaluation import RetrievalMetrics


@dataclass(frozen=True)
class TrainingReport:
    """One finished fine-tuning.

    Attributes:
        output: The model's folder; `EncoderConfig(model=…)` takes it.
        base: The model that it started from.
        before: Metrics of the dev set with the base model, by dimension; () without a dev set.
        after: The same with the fine-tuned model.
        n_train: Number of training records.
        n_dev: Number of dev records.
        n_steps: Number of steps.
        notes: What the user should know: records left out, metrics that fell.
    """

    output: Path
    base: str
    before: tuple[RetrievalMetrics, ...]
    after: tuple[RetrievalMetrics, ...]
    n_train: int
    n_dev: int
    n_steps: int
    notes: tuple[str, ...] = ()

    def series(self) -> dict[str, tuple[RetrievalMetrics, ...]]:
        """Return the metrics as "before" and "after", for tables and plots; {} without a dev set."""
        return {"before": self.before, "after": self.after} if self.after else {}

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON types; of the folder only its name."""
        return {**asdict(self), "output": self.output.name}
