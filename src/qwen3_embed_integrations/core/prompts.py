r"""The text that Qwen3-Embedding reads before a query: its template and the official task strings.

Template: ``Instruct: {task}\nQuery:{query}``, without a space after ``Query:``
(source: QwenLM/Qwen3-Embedding, examples/qwen3_embedding_transformers.py). Documents are raw.
The strings below are those that the model was evaluated with (same repository,
evaluation/task_prompts.json and evaluation/qwen3_embedding_model.py), their grammar slips
("retrieval code") included: they are what the model knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .errors import ConfigError, did_you_mean

END_TOKEN = "<|endoftext|>"  # noqa: S105 - the end token of a text, no secret


@dataclass(frozen=True)
class Task:
    """One named task: the instruction that goes before a query.

    Attributes:
        name: Short name, as in `task="code"`.
        instruction: The official string, verbatim.
        symmetric: True where both sides are alike (similarity, duplicates, clustering), so that
            documents take the instruction too.
    """

    name: str
    instruction: str
    symmetric: bool = False


_TABLE = (
    Task("web", "Given a web search query, retrieve relevant passages that answer the query"),
    Task("qa", "Given a question, retrieve Wikipedia passages that answer the question"),
    Task("multihop", "Given a multi-hop question, retrieve documents that can help answer the question"),
    Task("fact_check", "Given a claim, retrieve documents that support or refute the claim"),
    Task("scientific", "Given a scientific claim, retrieve documents that support or refute the claim"),
    Task(
        "citations",
        "Given a scientific paper title, retrieve paper abstracts that are cited by the given paper",
    ),
    Task("financial", "Given a financial question, retrieve user replies that best answer the question"),
    Task("medical", "Given a medical question, retrieve user replies that best answer the question"),
    Task("nutrition", "Given a question, retrieve relevant documents that best answer the question"),
    Task("covid", "Given a query on COVID-19, retrieve documents that answer the query"),
    Task("legal", "Identifying the most relevant statutes for a given situation"),
    Task(
        "ecommerce",
        "Given a user query from an e-commerce website, retrieve description sentences of relevant products",
    ),
    Task("entities", "Given a query, retrieve relevant entity descriptions from DBPedia"),
    Task("arguments", "Given a question, retrieve detailed and persuasive arguments that answer the question"),
    Task("chinese_web", "Given a Chinese search query, retrieve web passages that answer the question"),
    Task("code", "Given a question about coding, retrieval code or passage that can solve user's question"),
    Task("code_problem", "Given a question about code problem, retrieval code that can solve user's problem"),
    Task("code_comment", "Given a code comment, retrieve the code snippet corresponding to that comment."),
    Task("code2code", "Given a piece for code, retrieval semantically similar code", symmetric=True),
    Task("sql", "Given a user's question, retrieve SQL queries that are appropriate responses to the question"),
    Task(
        "duplicates",
        "Given a question, retrieve questions that are semantically equivalent to the given question",
        symmetric=True,
    ),
    Task("forum_duplicates", "Retrieve duplicate questions from StackOverflow forum", symmetric=True),
    Task("sts", "Retrieve semantically similar text", symmetric=True),
    Task("bitext", "Retrieve parallel sentences", symmetric=True),
    Task("classification", "Given a user utterance as query, find the user intents", symmetric=True),
    Task("clustering", "Identify the topic or theme of the given news articles", symmetric=True),
)

TASKS: Mapping[str, Task] = MappingProxyType({task.name: task for task in _TABLE})
"""The task presets by short name; "web" is the default."""

DEFAULT_TASK = "web"


def find_task(task: str) -> Task:
    """Gives the preset called `task`, or a task made of that free text.

    A text of several words is an instruction of the caller's own; a single word is a preset's name.

    Raises:
        ConfigError: `task` is empty, a single word that names no preset, or a whole prompt.
    """
    if task in TASKS:
        return TASKS[task]
    if task.lstrip().startswith("Instruct:") or task.rstrip().endswith("Query:"):
        raise ConfigError(
            f"task={task!r} is a whole prompt, expected the instruction alone: the text between "
            '"Instruct: " and the line break. The template is put around it here.'
        )
    if " " in task.strip():
        return Task("custom", task)
    raise ConfigError(
        f"Unknown task {task!r}.{did_you_mean(task, TASKS)} "
        f"Presets: {', '.join(TASKS)}. An instruction of your own is a sentence of at least two words."
    )


def query_prompt(instruction: str) -> str:
    r"""Gives what stands before a query: ``Instruct: {instruction}\nQuery:``."""
    return f"Instruct: {instruction}\nQuery:"
