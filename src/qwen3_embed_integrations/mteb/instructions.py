"""The instruction of each task, for queries and for documents.

`instructions.json` holds the table of HKUST-KnowComp/Reasoning-Embedding, a fork of Qwen's own evaluation
(QwenLM/Qwen3-Embedding, evaluation/task_prompts.json, Apache-2.0), slips included. The original is stored outside git
and was not compared: the fork may have edited it. The rules for types of tasks are those of the same evaluation
(evaluation/qwen3_embedding_model.py). A task that neither knows has the prompt of mteb's metadata.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qwen3_embed_integrations.core.prompts import DEFAULT_TASK, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

Side = Literal["query", "document"]

_BY_TYPE = {
    "STS": TASKS["sts"].instruction,
    "PairClassification": TASKS["sts"].instruction,
    "BitextMining": TASKS["bitext"].instruction,
}
_DEFAULT = TASKS[DEFAULT_TASK].instruction


@lru_cache(maxsize=1)
def published_instructions() -> tuple[Mapping[str, str], frozenset[str]]:
    """Return the published instructions by task, and the tasks whose documents take it too."""
    read = json.loads(Path(__file__).with_name("instructions.json").read_text(encoding="utf-8"))
    by_task = {task: instruction for instruction, tasks in read["instructions"].items() for task in tasks}
    return by_task, frozenset(read["both_sides"])


def instruction_of(
    name: str, task_type: str, side: Side | None, prompt: str | Mapping[str, str] | None = None
) -> str | None:
    """Return the instruction that goes in front of a text; None: the text goes in as it is.

    Args:
        name: The task's name, as in "SciFact".
        task_type: Its type, as in "Retrieval".
        side: What the text is to a task with two sides; None for a task whose texts are all alike.
        prompt: The prompt of mteb's metadata, for a task without a published instruction.
    """
    by_task, both_sides = published_instructions()
    if side == "document" and name not in both_sides:
        return None
    return _BY_TYPE.get(task_type) or by_task.get(name) or _of_metadata(prompt) or _DEFAULT


def _of_metadata(prompt: str | Mapping[str, str] | None) -> str | None:
    return prompt if prompt is None or isinstance(prompt, str) else prompt.get("query")
