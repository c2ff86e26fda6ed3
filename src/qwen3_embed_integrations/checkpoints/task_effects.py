"""Read task_effects.json: what was measured of a model's weights with each task preset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.prompts import TASKS
from qwen3_embed_integrations.core.safe_text import safe_line
from qwen3_embed_integrations.core.task_effects import TaskEffect

from .files import read_any_json

FILE_NAME = "task_effects.json"
_LONGEST = 80


def read_task_effects(folder: Path, weights: str) -> dict[str, TaskEffect]:
    """Return the effects by preset; {} if the folder has none, or those of other weights.

    Args:
        folder: The model's folder.
        weights: Digest of the weights; figures of other weights say nothing.

    Raises:
        CheckpointError: The file is not JSON.
    """
    path = folder / FILE_NAME
    stored = read_any_json(path) if path.is_file() else {}
    if not isinstance(stored, Mapping) or stored.get("weights") != weights:
        return {}
    tasks = stored.get("tasks")
    found = {name: _effect(tasks.get(name)) for name in TASKS} if isinstance(tasks, Mapping) else {}
    return {name: effect for name, effect in found.items() if effect is not None}


def _effect(stored: Any) -> TaskEffect | None:
    if not isinstance(stored, Mapping):
        return None
    dataset, metric = stored.get("dataset"), stored.get("metric")
    without, with_task, at_most = stored.get("without"), stored.get("with"), stored.get("difference_at_most")
    if not (isinstance(dataset, str) and isinstance(metric, str)):
        return None
    if not (isinstance(without, float) and isinstance(with_task, float) and isinstance(at_most, float)):
        return None
    return TaskEffect(safe_line(dataset, _LONGEST), safe_line(metric, _LONGEST), without, with_task, at_most)
