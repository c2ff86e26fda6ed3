"""Turn a question and its passages into an answer: cited sentences, or a language model's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.prompts import ChatPromptTemplate

from qwen3_embed_integrations import Qwen3EmbedError, Qwen3Encoder
from qwen3_embed_integrations.core.errors import RagError
from qwen3_embed_integrations.core.types import FloatArray

from .citations import mark_unknown
from .corpora.sentences import split_sentences
from .passage import Passage
from .words import Term, shared_weight

_INSTRUCTION = """\
Answer the question from the numbered passages alone, and cite those that you use as [n].
If they don't hold the answer, say so."""
PROMPT = ChatPromptTemplate.from_messages(
    [("system", _INSTRUCTION), ("human", "Passages:\n\n{passages}\n\nQuestion: {question}")]
)
"""The RAG prompt, which `--show-prompt` shows."""

_SENTENCES = 3
_NEAR_BEST = 0.8  # of the best sentence's score: sentences below it are left out of the answer
_MIN_WORDS = 4
_MIN_LETTERS = 0.6  # share of all characters; code and signatures have fewer
_MIN_LINES = 2  # of a table: its header and a row
_CELLS = " | "  # between the cells of a row, in the text of a chunk

WORDS_WEIGHT = 0.3
"""Of the question's words in a sentence. Chosen on the development half of the mixed folder's questions, of 0.1 to 1.

The first sentence comes from a file that answers in 16 of those 21 questions with 0.3 or more, in 14 without.
"""


@dataclass(frozen=True)
class Sentence:
    """A sentence of a passage, or a row of its table.

    Attributes:
        text: The sentence or row as it stands there, its white space normalised.
        passage: The passage's number, from 1.
        score: Mean of the sentence's cosine similarity to the question and the passage's score; + 0.3 x the share of
            the question's words that stand in the sentence.
        shown: What an answer says: of a row, each cell after the name of its column; "" if that is the text itself.
    """

    text: str
    passage: int
    score: float
    shown: str = ""


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes:
        text: The answer, with citations as `[n]`.
        label: "extractive", or the name of the language model that wrote it.
        unknown_citations: Numbers that it cites though no passage had them; marked in the text as in `[7?]`.
    """

    text: str
    label: str
    unknown_citations: tuple[int, ...] = ()


class Generator(Protocol):
    """A function that turns ranked passages into an answer."""

    def __call__(self, question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> Answer:
        """Return the answer."""


def rendered_prompt(question: str, passages: Sequence[Passage]) -> str:
    """Return the RAG prompt that a language model gets, as readable text."""
    messages = PROMPT.format_messages(question=question, passages=_numbered(passages))
    return "\n\n".join(f"[{message.type}]\n{message.content}" for message in messages)


def rank_sentences(
    encoder: Qwen3Encoder, embedding: FloatArray, passages: Sequence[Passage], terms: Sequence[Term] = ()
) -> list[Sentence]:
    """Return every sentence and table row of the passages, the most similar to the question first.

    Args:
        encoder: Embeds the sentences, each prefixed with its passage's title.
        embedding: The question's embedding `[dim]`, of norm 1.
        passages: The passages that the index returned.
        terms: The question's terms; a sentence that has them is ranked before its neighbours.
    """
    found = [
        (number, passage, text, shown)
        for number, passage in enumerate(passages, start=1)
        for text, shown in _candidates(passage.text.removeprefix(passage.title)).items()
    ]
    texts = [f"{passage.title}: {shown or text}" for _, passage, text, shown in found]
    # Averaged with the score that orders the passages: a short sentence alone is similar to almost any question.
    scores = (
        encoder.encode_document(texts) @ embedding
        + np.array([passage.ranking.score(passage.score) for _, passage, _, _ in found], dtype=np.float32)
    ) / 2
    scores += WORDS_WEIGHT * np.array([shared_weight(terms, text) for text in texts], dtype=np.float32)
    ranked = sorted(zip(found, scores.tolist(), strict=True), key=lambda pair: -pair[1])
    return [Sentence(text, number, score, shown) for (number, _, text, shown), score in ranked]


def sentences_of(text: str) -> list[str]:
    """Return the prose sentences of a text, white space normalised; leave out code and fragments."""
    pieces = (" ".join(piece.split()) for piece in split_sentences(text))
    return [piece for piece in pieces if _is_prose(piece)]


def table_records(text: str) -> dict[str, str]:
    r"""Return each row of a table below its header → the row with the names of the columns; of other text, nothing.

    Example:
        >>> table_records("Bike | A day | A week\nCargo bike | 40 euros | 190 euros")
        {'Cargo bike | 40 euros | 190 euros': 'Bike: Cargo bike, A day: 40 euros, A week: 190 euros'}
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < _MIN_LINES or not all(_CELLS in f" {line} " for line in lines):
        return {}
    names, *records = [[" ".join(cell.split()) for cell in line.split("|")] for line in lines]
    normalised = (" ".join(line.split()) for line in lines[1:])
    return {line: ", ".join(_named_cells(names, cells)) for line, cells in zip(normalised, records, strict=True)}


def _candidates(text: str) -> Mapping[str, str]:
    """Return sentence or row → what an answer says instead, "" for itself."""
    found = dict[str, str]()
    for part in text.split("\n\n"):
        found |= table_records(part) or dict.fromkeys(sentences_of(part), "")
    return found


def _named_cells(names: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    for number, cell in enumerate(cells):
        name = names[number] if number < len(names) else ""
        if cell:
            yield f"{name}: {cell}" if name else cell


def extractive(question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> Answer:
    """Return the passages' own best sentences, each with its citation and none twice; nothing is generated."""
    del question, passages  # the sentences are already ranked
    chosen: dict[str, Sentence] = {}
    for sentence in sentences:
        if len(chosen) == _SENTENCES or sentence.score < _NEAR_BEST * sentences[0].score:
            break
        if not any(sentence.text in text or text in sentence.text for text in chosen):
            chosen[sentence.text] = sentence
    text = " ".join(f"{sentence.shown or sentence.text} [{sentence.passage}]" for sentence in chosen.values())
    return Answer(text or "The passages hold no full sentence; read them above.", "extractive")


@dataclass(frozen=True)
class Generated:
    """Answers by a language model, through LangChain.

    Attributes:
        model: Any LangChain chat model.
        name: The answer's label.
    """

    model: BaseChatModel
    name: str

    def __call__(self, question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]) -> Answer:
        """Return the model's answer to the RAG prompt.

        Raises:
            RagError: The model or its endpoint failed.
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
        text, unknown = mark_unknown(str(message.text).strip(), len(passages))
        return Answer(text, self.name, unknown)


def _numbered(passages: Sequence[Passage]) -> str:
    return "\n\n".join(
        f"[{number}] {passage.citation}\n{passage.text}" for number, passage in enumerate(passages, start=1)
    )


def _is_prose(piece: str) -> bool:
    if piece.startswith(">>>"):
        return False
    if not piece.isascii() and len(piece.split()) < _MIN_WORDS:
        return sum(map(str.isalpha, piece)) > _MIN_LETTERS * len(piece) and len(piece) > 2 * _MIN_WORDS
    return len(piece.split()) >= _MIN_WORDS and sum(map(str.isalpha, piece)) > _MIN_LETTERS * len(piece)
