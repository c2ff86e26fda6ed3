"""What task presets do to a model's figures, as its folder says, and the warning about one that harms them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import CheckpointWarning
from .prompts import TASKS
from .user_warning import warn_user

_NOISE = 0.5  # points; a smaller loss is no reason to advise against a preset


@dataclass(frozen=True)
class TaskEffect:
    """A model's figure with and without a preset.

    Attributes:
        dataset: Name of the texts it was measured on.
        metric: Name of the figure; more is better.
        without: Without any instruction.
        with_task: With the preset's instruction.
        difference_at_most: Upper end of the 95 % interval of their difference.
    """

    dataset: str
    metric: str
    without: float
    with_task: float
    difference_at_most: float

    @property
    def is_harmful(self) -> bool:
        """Whether the model is clearly worse with the preset."""
        return self.difference_at_most < 0 and self.with_task < self.without - _NOISE


def harmful_tasks(effects: Mapping[str, TaskEffect]) -> tuple[str, ...]:
    """Return the names of the presets that make a model worse."""
    return tuple(name for name, effect in effects.items() if effect.is_harmful)


def warn_of_harm(model: str, task: str, effects: Mapping[str, TaskEffect]) -> None:
    """Issue a CheckpointWarning if `task` is a preset, or a preset's instruction, that makes the model worse.

    Of any other instruction nothing was measured.
    """
    preset = next((name for name in effects if name in TASKS and TASKS[name].instruction == task.strip()), task)
    effect = effects.get(preset)
    if effect is not None and effect.is_harmful:
        warn_user(
            f"task={task!r} makes the embeddings of {model!r} worse: {effect.metric} {effect.with_task:g} with it and "
            f"{effect.without:g} without any instruction, measured on {effect.dataset}. These weights were not trained "
            'on it. Use task="" (no instruction), or a model that knows the preset, such as "0.6B".',
            CheckpointWarning,
        )
