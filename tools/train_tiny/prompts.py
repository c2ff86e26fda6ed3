"""Instructions that a part of the training texts carries, the default one most often."""

from __future__ import annotations

import random

import numpy as np

from qwen3_embed_integrations.core.prompts import TASKS, query_prompt

WEB_TASK = "Given a web search query, retrieve relevant passages that answer the query"
QUERY_PROMPT = f"Instruct: {WEB_TASK}\nQuery:"
_OTHER_INSTRUCTION = 0.15
_ANY_PRESET = 0.1
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


def as_question(text: str, rng: random.Random) -> str:
    """Return a heading or a word as somebody would ask for it; a question stays, without its mark half of the time."""
    if text.endswith("?"):
        return text if rng.random() < 0.5 else text[:-1]  # noqa: PLR2004 - a half
    plain = text if text[:2].isupper() else text[0].lower() + text[1:]
    return rng.choice(_QUESTIONS).format(plain)


_ASKED_WITH = ("a question", "a search query", "a user's question", "a query", "a problem", "a topic", "a request")
_FOUND = ("passages", "documents", "texts", "articles", "paragraphs", "pages", "snippets", "answers", "records")
_PURPOSES = (
    "that answer it", "that are relevant", "that help with it", "that say the same", "about it", "that explain it",
    "that match it", "that support it", "to read next", "that resolve it", "from the knowledge base", "in the archive",
)  # fmt: skip


class InstructionTable:
    """All instructions by number, the first none, and how likely each stands before a text of a kind."""

    def __init__(self) -> None:
        """Number the presets, some more sentences, and combinations that no preset holds."""
        names = list(TASKS)
        combined = [
            f"Given {asked}, retrieve {found} {purpose}"
            for asked in _ASKED_WITH
            for found in _FOUND
            for purpose in _PURPOSES
        ]
        self.sentences = [*(TASKS[name].instruction for name in names), *_MORE_INSTRUCTIONS, *combined]
        self.shares: dict[str, np.ndarray] = {}
        for kind, weights in INSTRUCTIONS.items():
            preset = np.array([0.0, *(weights.get(name, 0.0) + _ANY_PRESET / len(names) for name in names)])
            other = np.concatenate([
                np.full(len(_MORE_INSTRUCTIONS), _OTHER_INSTRUCTION / 2 / len(_MORE_INSTRUCTIONS)),
                np.full(len(combined), _OTHER_INSTRUCTION / 2 / len(combined)),
            ])  # fmt: skip
            shares = np.concatenate([preset, other])
            shares[0] = max(0.2, 1 - shares.sum())
            self.shares[kind] = shares / shares.sum()

    def before_colon(self) -> list[str]:
        """Return each instruction's prompt up to its last colon, which is read together with the text's first word."""
        return ["", *(query_prompt(sentence).removesuffix(":") for sentence in self.sentences)]
