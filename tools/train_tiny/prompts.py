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
_QUESTIONS = (
    "How do I {}?", "How can I {}?", "How to {}", "{} how to", "What is {}?", "What are {}?", "What's {}?",
    "What does {} mean?", "What does {} do?", "Explain {}", "How does {} work?", "Where can I find {}?",
    "When should I use {}?", "Why is there {}?", "Why doesn't {} work?", "Can I use {}?", "Is there a way to {}?",
    "How do I use {}?", "How do I get {}?", "Tell me about {}", "I want to know about {}",
    "What is the best way to {}?",
)  # fmt: skip


def instructed(text: str, rng: random.Random) -> str:
    """Return the text behind an instruction, in Qwen3-Embedding's form."""
    task = WEB_TASK if rng.random() < _WEB_SHARE else rng.choice(_TASKS)
    return f"Instruct: {task}\nQuery:{text}"


def as_question(text: str, rng: random.Random) -> str:
    """Return a heading or a word as somebody would ask for it; a question stays, without its mark half of the time."""
    if text.endswith("?"):
        return text if rng.random() < 0.5 else text[:-1]  # noqa: PLR2004 - a half
    plain = text if text[:2].isupper() else text[0].lower() + text[1:]
    return rng.choice(_QUESTIONS).format(plain)
