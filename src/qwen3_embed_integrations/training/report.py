"""What a fine-tuning gives back."""

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
        before: Figures of the dev set with the model as it was, by dimension; () without a dev set.
        after: The same with the model as it is now.
        n_train: Records trained on.
        n_dev: Records measured with.
        n_steps: Steps taken.
        notes: What the user should know: records left out, figures that fell.
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
        """Gives the figures by name, for tables and plots; {} without a dev set."""
        return {"before": self.before, "after": self.after} if self.after else {}

    def to_dict(self) -> dict[str, Any]:
        """Gives everything but the folder's place, as JSON types."""
        return {**asdict(self), "output": self.output.name}
