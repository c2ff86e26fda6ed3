"""Instructions that a part of the training texts carries, the default one most often."""

from __future__ import annotations

import random

from qwen3_embed_integrations.core.prompts import TASKS, query_prompt

WEB_TASK = "Given a web search query, retrieve relevant passages that answer the query"
QUERY_PROMPT = f"Instruct: {WEB_TASK}\nQuery:"
_OTHER_INSTRUCTION = 0.15
# How likely each instruction stands before a query; the rest of the queries have none.
INSTRUCTIONS: dict[str, dict[str, float]] = {
    "qa": dict.fromkeys(
        ("qa", "multihop", "fact_check", "scientific", "citations", "financial", "medical", "nutrition", "covid",
         "legal", "ecommerce", "entities", "arguments", "chinese_web", "code", "code_problem"), 0.025,
    ) | {"web": 0.25},
    "passage": {"web": 0.2, "qa": 0.1, "multihop": 0.03, "fact_check": 0.04, "scientific": 0.04, "arguments": 0.03},
    "code": {"code": 0.3, "code_comment": 0.1, "code_problem": 0.1, "sql": 0.03, "web": 0.1},
    "bitext": {"bitext": 0.25, "sts": 0.15, "duplicates": 0.03, "clustering": 0.03, "classification": 0.03},
    "similar": {"sts": 0.35, "duplicates": 0.05, "forum_duplicates": 0.03, "classification": 0.03, "clustering": 0.03},
    "same": {"sts": 0.3, "duplicates": 0.1, "forum_duplicates": 0.05, "classification": 0.05, "clustering": 0.05},
}  # fmt: skip
_MORE_INSTRUCTIONS = (
    "Given a question, retrieve passages of the documentation that answer it",
    "Find the section of the manual that helps with this",
    "Retrieve the passage that the sentence was taken from",
    "Given a heading, retrieve the text below it",
    "Search the knowledge base",
    "Given a keyword query, find matching articles",
    "Retrieve documents about the topic",
    "Given a user's message, find the help page that answers it",
)
_QUESTIONS = (
    "How do I {}?", "How can I {}?", "How to {}", "{} how to", "What is {}?", "What are {}?", "What's {}?",
    "What does {} mean?", "What does {} do?", "Explain {}", "How does {} work?", "Where can I find {}?",
    "When should I use {}?", "Why is there {}?", "Why doesn't {} work?", "Can I use {}?", "Is there a way to {}?",
    "How do I use {}?", "How do I get {}?", "Tell me about {}", "I want to know about {}",
    "What is the best way to {}?",
)  # fmt: skip


def query_prefix(rng: random.Random, kind: str) -> str:
    """Return the instruction of a query that asks for a text of another kind, or none."""
    if rng.random() < _OTHER_INSTRUCTION and kind != "code":
        return query_prompt(rng.choice(_MORE_INSTRUCTIONS))
    return symmetric_prefix(rng, kind)


def symmetric_prefix(rng: random.Random, kind: str) -> str:
    """Return an instruction of the presets for texts on both sides of pairs of this kind, or none."""
    weights = INSTRUCTIONS[kind]
    name = rng.choices([*weights, ""], [*weights.values(), 1 - sum(weights.values())])[0]
    return query_prompt(TASKS[name].instruction) if name else ""


def as_question(text: str, rng: random.Random) -> str:
    """Return a heading or a word as somebody would ask for it; a question stays, without its mark half of the time."""
    if text.endswith("?"):
        return text if rng.random() < 0.5 else text[:-1]  # noqa: PLR2004 - a half
    plain = text if text[:2].isupper() else text[0].lower() + text[1:]
    return rng.choice(_QUESTIONS).format(plain)
