"""Trains the student's first form: one vector a token, a text is their mean, weighed by place.

It takes minutes where the transformer takes hours, and `student.build_student` starts from it. The
first stage distils the teacher. From its vectors, rare tokens weighing more, two trainings go their own
ways. One distils English alone, whose targets are the teacher's own, and adds the search for answers,
queries with and without the default instruction, so that its tokens learn to say little. The other lets
translations find their originals as well. Each runs several times and the tables are averaged, in the end
those of both trainings too: the mean finds more than any of them.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import embedding_bag, normalize

from .batches import TrainingSet
from .lead import token_weights
from .losses import distillation_loss, pair_loss, translation_loss
from .prompts import QUERY_PROMPT, as_question
from .units import EVALUATED

logger = logging.getLogger(__name__)

_BATCH = 256
_SEARCH_WEIGHT = 4.0
_LEARNING_RATE = 3e-3
_RARE = 1e-3
_LOG_STEPS = 100
_MAX_TOKENS = 448
_VECTOR_LENGTH = 0.3
_PROMPTED = 0.5
_ASKED = 0.5
_EVALUATED_WEIGHT = 2.5


class Bags:
    """Texts as token ids, and their means under a table of token vectors."""

    def __init__(self, texts: Iterable[str], tokenizer: Tokenizer) -> None:
        """Cut the texts, each to at most 448 tokens without the end token."""
        tokenizer.enable_truncation(_MAX_TOKENS)
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        self.token_ids = [np.array(encoding.ids or [0]) for encoding in encodings]

    def mean(self, table: torch.Tensor, rows: np.ndarray, prefixes: Iterable[np.ndarray] | None = None) -> torch.Tensor:
        """Return ``[len(rows), 256]``, weighed by place, each text behind its prefix where ``prefixes`` are given."""
        chosen = [self.token_ids[row] for row in rows]
        if prefixes is not None:
            chosen = [np.concatenate([prefix, ids]) for prefix, ids in zip(prefixes, chosen, strict=True)]
        starts = torch.from_numpy(np.cumsum([0, *(len(ids) for ids in chosen[:-1])]))
        weights = torch.from_numpy(np.concatenate([token_weights(len(ids)) for ids in chosen]))
        flat = torch.from_numpy(np.concatenate(chosen))
        return embedding_bag(flat, table, starts, mode="sum", per_sample_weights=weights)


class Training:
    """The stages and their texts, each cut once: all, what is asked, what answers, originals of translations."""

    def __init__(self, data: TrainingSet, tokenizer: Tokenizer) -> None:
        """Cut all of them."""
        self.data = data
        self.texts = Bags((unit.text for unit in data.units), tokenizer)
        choose = random.Random(0)  # noqa: S311 - no secret
        asked = [as_question(text, choose) if choose.random() < _ASKED else text for text in data.pairs.queries]
        self.queries, self.answers = Bags(asked, tokenizer), Bags(data.pairs.answers, tokenizer)
        self.instruction = Bags([QUERY_PROMPT], tokenizer).token_ids[0]
        english = np.array([unit.lang == "en" for unit in data.units])
        self.english_weights = np.where(english, data.weights, 0.0) / data.weights[english].sum()
        self.translated = np.array([row for row, unit in enumerate(data.units) if unit.english is not None])
        self.originals = Bags((data.units[row].english or "" for row in self.translated), tokenizer)
        languages = np.array([data.units[row].lang for row in self.translated])
        self.languages = {name: np.flatnonzero(languages == name) for name in np.unique(languages)}
        shares = np.array([_EVALUATED_WEIGHT if name in EVALUATED else 1.0 for name in self.languages])
        self.language_shares = shares / shares.sum()

    def train_on_texts(self, vectors: np.ndarray, n_steps: int) -> torch.Tensor:
        """Return token vectors ``[vocab, 256]`` after the first stage: distillation alone.

        Args:
            vectors: ``[vocab, 256]``, the teacher's vector of each token.
            n_steps: Batches of 256 texts.
        """
        table = torch.nn.Parameter(torch.from_numpy(_start(vectors, self.texts)))
        rng = np.random.default_rng(0)
        for _ in _steps(table, n_steps):
            self._distillation(table, rng, self.data.weights).backward()
        return table.detach()

    def weighed_by_rarity(self, table: torch.Tensor) -> torch.Tensor:
        """Return the vectors' directions ``[vocab, 256]``, as long as their tokens are rare."""
        return normalize(table, dim=-1) * _rarity(self.texts, len(table)) * _VECTOR_LENGTH

    def train_on_pairs(self, start: torch.Tensor, n_steps: int, n_runs: int) -> torch.Tensor:
        """Return token vectors ``[vocab, 256]`` after distillation and pairs from ``start`` on: the mean of runs."""
        return _mean_of_runs(start, n_steps, n_runs, self._pairs_loss)

    def train_on_translations(self, start: torch.Tensor, n_steps: int, n_runs: int) -> torch.Tensor:
        """Return token vectors ``[vocab, 256]`` after the same with translations that find their originals as well."""

        def loss(vectors: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
            return self._pairs_loss(vectors, rng) + self._translations_loss(vectors, rng)

        return _mean_of_runs(start, n_steps, n_runs, loss)

    def _pairs_loss(self, vectors: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        drawn = self.data.pairs.draw(_BATCH, rng)
        prefixes = [self.instruction if rng.random() < _PROMPTED else self.instruction[:0] for _ in drawn]
        asked, answering = self.queries.mean(vectors, drawn, prefixes), self.answers.mean(vectors, drawn)
        found = pair_loss(asked, answering, *self.data.pairs.targets(drawn))
        return self._distillation(vectors, rng, self.english_weights) + _SEARCH_WEIGHT * found

    def _translations_loss(self, vectors: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """Return InfoNCE and cosine distance of one language's texts and their originals."""
        of_language = self.languages[rng.choice(list(self.languages), p=self.language_shares)]
        drawn = rng.choice(of_language, min(_BATCH, len(of_language)), replace=False)
        return translation_loss(self.texts.mean(vectors, self.translated[drawn]), self.originals.mean(vectors, drawn))

    def _distillation(self, vectors: torch.Tensor, rng: np.random.Generator, weights: np.ndarray) -> torch.Tensor:
        chosen = rng.choice(len(self.data.units), _BATCH, p=weights)
        wanted = torch.from_numpy(self.data.targets[chosen].astype(np.float32))
        return distillation_loss(self.texts.mean(vectors, chosen), wanted)


def _mean_of_runs(
    start: torch.Tensor, n_steps: int, n_runs: int, loss: Callable[[torch.Tensor, np.random.Generator], torch.Tensor]
) -> torch.Tensor:
    mean = torch.zeros_like(start)
    for seed in range(1, n_runs + 1):
        vectors = torch.nn.Parameter(start.clone())
        rng = np.random.default_rng(seed)
        for _ in _steps(vectors, n_steps):
            loss(vectors, rng).backward()
        mean += vectors.detach() / n_runs
    return mean


def _steps(table: torch.nn.Parameter, n_steps: int) -> Iterable[int]:
    """Yield each step; the caller leaves a gradient, which is applied before the next."""
    optimizer = torch.optim.Adam([table], lr=_LEARNING_RATE, betas=(0.9, 0.98), fused=True)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, n_steps)
    for step in range(n_steps):
        optimizer.zero_grad()
        yield step
        optimizer.step()
        schedule.step()
        if step % _LOG_STEPS == 0:
            logger.info("static step %d of %d", step, n_steps)


def _counts(ids: Iterable[np.ndarray], n_tokens: int) -> np.ndarray:
    return np.bincount(np.concatenate(list(ids)), minlength=n_tokens).astype(np.float32)


def _start(vectors: np.ndarray, texts: Bags) -> np.ndarray:
    """Return the vectors without their common part, frequent tokens shortened (SIF weights)."""
    counts = _counts(texts.token_ids, len(vectors))
    shares = counts / counts.sum()
    centred = vectors - shares @ vectors
    return (centred * (_RARE / (_RARE + shares))[:, None]).astype(np.float32)


def _rarity(texts: Bags, n_tokens: int) -> torch.Tensor:
    """Return ``[n_tokens, 1]``, the inverse document frequency of each token."""
    counts = _counts((np.unique(ids) for ids in texts.token_ids), n_tokens)
    return torch.from_numpy(np.log1p(len(texts.token_ids) / (1 + counts)))[:, None]
