r"""The query template of Qwen3-Embedding and its official task instructions.

Template: ``Instruct: {task}\nQuery:{query}``, without a space after ``Query:``
(source: QwenLM/Qwen3-Embedding, examples/qwen3_embedding_transformers.py). Documents have no prompt.
The instructions are those used in the model's evaluation (same repository, evaluation/task_prompts.json and
evaluation/qwen3_embedding_model.py). Keep them verbatim, grammar slips ("retrieval code") included: other wording
moves the embeddings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .errors import ConfigError, did_you_mean

END_TOKEN = "<|endoftext|>"  # noqa: S105 - the token that ends a text, not a secret


@dataclass(frozen=True)
class Task:
    """A named task and its instruction.

    Attributes:
        name: Short name, as in `task="code"`.
        instruction: The official string, verbatim.
        symmetric: Whether queries and documents are texts of the same kind (similarity, duplicates, clustering), so
            that documents take the instruction too.
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
    """Return the preset named `task`, or a custom task with `task` as its instruction.

    A single word is the name of a preset; two or more words are a custom instruction.

    Raises:
        ConfigError: `task` is empty, is one word that names no preset, or is a whole prompt.
    """
    if task in TASKS:
        return TASKS[task]
    if task.lstrip().startswith("Instruct:") or task.rstrip().endswith("Query:"):
        raise ConfigError(
            f"task={task!r} is a whole prompt, expected the instruction alone: the text between "
            '"Instruct: " and the line break. The template is added here.'
        )
    if " " in task.strip():
        return Task("custom", task)
    raise ConfigError(
        f"Unknown task {task!r}.{did_you_mean(task, TASKS)} "
        f"Presets: {', '.join(TASKS)}. A custom instruction has at least two words."
    )


def query_prompt(instruction: str) -> str:
    r"""Return the prompt of a query: ``Instruct: {instruction}\nQuery:``."""
    return f"Instruct: {instruction}\nQuery:"
