"""Query or document: each client has its own field for it; all mean one role and one task."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from qwen3_embed_integrations import TASKS, ConfigError
from qwen3_embed_integrations.core.prompts import find_task
from qwen3_embed_integrations.core.types import Role

from .errors import bad_request, quoted

QUERY_SUFFIX = "-query"
DOCUMENT_SUFFIX = "-document"
"""Ends of a model's name for clients that can send no further field, as NIM has them."""


class Prompting(NamedTuple):
    """What stands in front of a text.

    Attributes:
        role: "query" or "document".
        task: The task of a query, by name or instruction; None: the server's.
    """

    role: Role
    task: str | None = None


_QUERY, _DOCUMENT = Prompting("query"), Prompting("document")

INPUT_TYPES: Mapping[str, Prompting] = MappingProxyType(
    {
        "query": _QUERY,
        "document": _DOCUMENT,
        "passage": _DOCUMENT,  # NIM
        "search_query": _QUERY,  # Cohere
        "search_document": _DOCUMENT,
        "classification": Prompting("query", "classification"),
        "clustering": Prompting("query", "clustering"),
    }
)
"""`input_type` and `prompt_name` → role and task."""

JINA_TASKS: Mapping[str, Prompting] = MappingProxyType(
    {
        "retrieval.query": _QUERY,
        "retrieval.passage": _DOCUMENT,
        "text-matching": Prompting("query", "sts"),
        "separation": Prompting("query", "clustering"),
        "code.query": Prompting("query", "code"),
        "code.passage": _DOCUMENT,
        "nl2code.query": Prompting("query", "code"),
        "nl2code.passage": _DOCUMENT,
        "code2code.query": Prompting("query", "code2code"),
        "code2code.passage": Prompting("query", "code2code"),
    }
)
"""Jina's `task` → role and task."""


def prompting_of(
    *,
    suffix: Prompting | None = None,
    input_type: str | None = None,
    prompt_name: str | None = None,
    task: str | None = None,
    instruction: str | None = None,
) -> Prompting:
    """Return the role and task that a request asks for; documents where it asks for nothing.

    Args:
        suffix: What the end of the model's name asks for; None: nothing.
        input_type: The field of Cohere, Voyage and NIM.
        prompt_name: The field of text-embeddings-inference and sentence-transformers.
        task: Jina's name, or one of our presets.
        instruction: Free text: the instruction of queries.

    Raises:
        ApiError: An unknown value, or two fields that contradict each other.
    """
    asked: dict[str, Prompting] = {} if suffix is None else {"model": suffix}
    if input_type is not None:
        asked["input_type"] = _looked_up(input_type, INPUT_TYPES, "input_type")
    if prompt_name is not None:
        asked["prompt_name"] = _looked_up(prompt_name, INPUT_TYPES, "prompt_name")
    if task is not None:
        asked["task"] = JINA_TASKS.get(task) or _preset(task)
    if instruction is not None:
        asked["instruction"] = Prompting("query", _checked_instruction(instruction))
    return _agreed(asked)


def _agreed(asked: Mapping[str, Prompting]) -> Prompting:
    if len({one.role for one in asked.values()}) > 1 or len({one.task for one in asked.values() if one.task}) > 1:
        raise bad_request(
            f"The fields {', '.join(asked)} contradict each other: "
            f"{'; '.join(f'{name} asks for a {_shown(one)}' for name, one in asked.items())}. Send one of them.",
            list(asked)[-1],
            "contradicting_parameters",
        )
    first = next(iter(asked.values()), _DOCUMENT)
    return Prompting(first.role, next((one.task for one in asked.values() if one.task), None))


def _shown(prompting: Prompting) -> str:
    return prompting.role + (" of a task" if prompting.task else "")


def _looked_up(value: str, known: Mapping[str, Prompting], param: str) -> Prompting:
    if value not in known:
        raise bad_request(f"{param} is {quoted(value)}, expected one of: {', '.join(known)}.", param, "invalid_value")
    return known[value]


def _preset(task: str) -> Prompting:
    if task not in TASKS:
        raise bad_request(
            f"task is {quoted(task)}, expected one of: {', '.join((*TASKS, *JINA_TASKS))}. "
            "Send free text as instruction.",
            "task",
            "invalid_value",
        )
    return Prompting("query", task)


def _checked_instruction(instruction: str) -> str:
    try:
        find_task(instruction)
    except ConfigError as error:
        raise bad_request(f"instruction: {error}", "instruction", "invalid_value") from error
    return instruction
