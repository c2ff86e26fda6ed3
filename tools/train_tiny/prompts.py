"""Instructions that a part of the training texts carries, the default one most often."""

from __future__ import annotations

import random

WEB_TASK = "Given a web search query, retrieve relevant passages that answer the query"
QUERY_PROMPT = f"Instruct: {WEB_TASK}\nQuery:"
_TASKS = (
    "Given a question, retrieve Wikipedia passages that answer the question",
    "Given a question, retrieve relevant documents that best answer the question",
    "Given a question about coding, retrieval code or passage that can solve user's question",
    "Given a query, retrieve relevant entity descriptions from DBPedia",
    "Given a question, retrieve questions that are semantically equivalent to the given question",
    "Retrieve semantically similar text",
    "Retrieve parallel sentences",
    "Identify the topic or theme of the given news articles",
    "Given a scientific claim, retrieve documents that support or refute the claim",
    "Given a question, retrieve passages of the documentation that answer it",
)
_WEB_SHARE = 0.6


def instructed(text: str, rng: random.Random) -> str:
    """Return the text behind an instruction, in Qwen3-Embedding's form."""
    task = WEB_TASK if rng.random() < _WEB_SHARE else rng.choice(_TASKS)
    return f"Instruct: {task}\nQuery:{text}"
