"""Run a study: cut, embed and rank for each setting; a text that several settings share is embedded once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.rag.corpora.blocks import ParsedDocument

from .cutting import cut
from .questions import AnsweredQuestion
from .ranking import Scores, score
from .report import Result, result
from .settings import Setting


def study(
    encoder: Qwen3Encoder,
    documents: Sequence[ParsedDocument],
    questions: Sequence[AnsweredQuestion],
    settings: Sequence[Setting],
    *,
    budget: int,
) -> Iterator[Result]:
    """Yield what each setting does for the questions, the present setting first.

    Nothing is written but the encoder's cache, if it has one.

    Args:
        encoder: Embeds the chunks and the questions.
        documents: The documents.
        questions: Answered questions, whose quotes stand in them.
        settings: The settings to compare; the first one is the present one.
        budget: Tokens of context at which recall is compared.

    Raises:
        ConfigError: A setting's chunks are longer than the text that the encoder embeds.
    """
    longest = longest_chunk(encoder)
    for setting in settings:
        if setting.size > longest:
            raise ConfigError(f"Chunks of {setting.size:,} tokens are longer than the {longest:,} that are embedded.")
    queries = encoder.encode_query([question.text for question in questions])
    embed = _Embedder(encoder)
    present: Scores | None = None
    for setting in settings:
        made = cut(documents, questions, setting, lambda texts: count_tokens(encoder, texts))
        embeddings = embed(made.texts)
        scores = score(made, embeddings, queries, budget=budget)
        present = present or scores
        yield result(setting, made, embeddings, scores, present)


def longest_chunk(encoder: Qwen3Encoder) -> int:
    """Return how many tokens of a document are embedded, its prompt and the end token left out."""
    n_prompt = int(encoder.count_tokens([encoder.prompt("document")])[0])
    return encoder.model_info.max_length(encoder.config) - n_prompt


def count_tokens(encoder: Qwen3Encoder, texts: Sequence[str]) -> list[int]:
    """Return the length of each text in tokens, without the end token."""
    return [int(n) - 1 for n in encoder.count_tokens(texts)]


class _Embedder:
    """Embeds texts and keeps the vectors: settings share many chunks, such as those of short sections."""

    def __init__(self, encoder: Qwen3Encoder) -> None:
        self._encoder = encoder
        self._numbers = dict[bytes, int]()
        self._embeddings: FloatArray = np.empty((0, encoder.dimension), dtype=np.float32)

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        keys = [hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._numbers}
        if new:
            added = self._encoder.encode_document(list(new.values()))
            self._numbers.update(zip(new, range(len(self._embeddings), len(self._embeddings) + len(new)), strict=True))
            self._embeddings = np.concatenate([self._embeddings, added])
        return self._embeddings[[self._numbers[key] for key in keys]]
