"""Question + passages → answer: sentences with citations, or a language model's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.prompts import ChatPromptTemplate

from qwen3_embed_integrations import Qwen3EmbedError, Qwen3Encoder
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.core.types import FloatArray

from .index import Passage

_INSTRUCTION = """\
Answer the question from the numbered passages alone, and cite those that you use as [n].
If they don't hold the answer, say so."""
PROMPT = ChatPromptTemplate.from_messages(
    [("system", _INSTRUCTION), ("human", "Passages:\n\n{passages}\n\nQuestion: {question}")]
)
"""The RAG prompt; what `--show-prompt` shows."""

_SENTENCES = 3
_NEAR_BEST = 0.8  # a sentence this near to the best one's score still belongs to the answer
_MIN_WORDS = 4
_MIN_LETTERS = 0.6  # of all characters: less is code, a table or a signature
_BOUNDARY = re.compile(
    r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])"  # an end, then a new start
    r"|(?<=[\u3002\uff01\uff1f])"  # a Chinese or Japanese end
    r"|\n\s*\n|\n(?=\s*(?:[-*•]|>>>)\s)"  # a paragraph, an item of a list, a doctest
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of a passage: its text, the passage's number from 1, its similarity to the question."""

    text: str
    passage: int
    score: float


@dataclass(frozen=True)
class Answer:
    """An answer and how it came about, as in "extractive" or a model's name."""

    text: str
    label: str


class Generator(Protocol):
    """Whatever turns ranked passages into an answer."""

    def __call__(self, question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> Answer:
        """Gives the answer."""


def rendered_prompt(question: str, passages: Sequence[Passage]) -> str:
    """Gives the RAG prompt as a language model gets it, as readable text."""
    messages = PROMPT.format_messages(question=question, passages=_numbered(passages))
    return "\n\n".join(f"[{message.type}]\n{message.content}" for message in messages)


def rank_sentences(encoder: Qwen3Encoder, embedding: FloatArray, passages: Sequence[Passage]) -> list[Sentence]:
    """Gives every sentence of the passages, the nearest to the question first.

    Args:
        encoder: Embeds the sentences, each behind its passage's title.
        embedding: The question's `[dim]` unit embedding.
        passages: As the index found them.
    """
    found = [
        (number, passage, text)
        for number, passage in enumerate(passages, start=1)
        for text in sentences_of(passage.text.removeprefix(passage.title))
    ]
    embeddings = encoder.encode_document([f"{passage.title}: {text}" for _, passage, text in found])
    # A sentence stands for its passage too: alone, a short one is near to anything.
    scores = (embeddings @ embedding + np.array([passage.score for _, passage, _ in found], dtype=np.float32)) / 2
    ranked = sorted(zip(found, scores.tolist(), strict=True), key=lambda pair: -pair[1])
    return [Sentence(text, number, score) for (number, _, text), score in ranked]


def sentences_of(text: str) -> list[str]:
    """Gives the prose sentences of a text, white space evened out; code and fragments are left out."""
    pieces = (" ".join(piece.split()) for piece in _BOUNDARY.split(text))
    return [piece for piece in pieces if _is_prose(piece)]


def extractive(question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> Answer:
    """Gives the passages' own best sentences, each with its citation; invents nothing."""
    del question, passages  # the sentences are ranked by the one and cut from the others
    chosen: dict[str, Sentence] = {}
    for sentence in sentences:
        if len(chosen) == _SENTENCES or sentence.score < _NEAR_BEST * sentences[0].score:
            break
        chosen.setdefault(sentence.text, sentence)
    text = " ".join(f"{sentence.text} [{sentence.passage}]" for sentence in chosen.values())
    return Answer(text or "The passages hold no full sentence; read them above.", "extractive")


@dataclass(frozen=True)
class Generated:
    """Answers by a language model, through LangChain.

    Attributes:
        model: Any LangChain chat model.
        name: What the answer is labelled with.
    """

    model: BaseChatModel
    name: str

    def __call__(self, question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> Answer:
        """Gives the model's answer to the RAG prompt.

        Raises:
            RagError: The model or its endpoint fails.
        """
        del sentences
        try:
            message = (PROMPT | self.model).invoke({"question": question, "passages": _numbered(passages)})
        except Qwen3EmbedError:
            raise
        except Exception as error:
            raise RagError(
                f"{self.name} gave no answer ({type(error).__name__}: {error}). "
                "Check --llm-url, --llm-model and the key, or leave them out for an extractive answer."
            ) from error
        return Answer(str(message.text).strip(), self.name)


def _numbered(passages: Sequence[Passage]) -> str:
    return "\n\n".join(
        f"[{number}] {passage.source}\n{passage.text}" for number, passage in enumerate(passages, start=1)
    )


def _is_prose(piece: str) -> bool:
    if piece.startswith(">>>"):
        return False
    if not piece.isascii() and len(piece.split()) < _MIN_WORDS:
        return sum(map(str.isalpha, piece)) > _MIN_LETTERS * len(piece) and len(piece) > 2 * _MIN_WORDS
    return len(piece.split()) >= _MIN_WORDS and sum(map(str.isalpha, piece)) > _MIN_LETTERS * len(piece)
