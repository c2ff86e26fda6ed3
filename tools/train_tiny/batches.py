"""Samples batches of texts of like length, balanced over sources and languages."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer

from .pairs import Pairs
from .prompts import instructed
from .units import LONG_CHARS, Unit

_ENGLISH_SHARE = 0.5
_EVALUATED_SHARE = 0.4
_EVALUATED = frozenset({"de", "fr", "es", "it", "pt", "ru", "zh", "ja"})
_POOL_BATCHES = 32
_PAIR_ROWS = 64
_PAIR_TOKENS = 128
_PROMPTED_QUESTION = 0.6
_PROMPTED_QUERY = 0.4
_PROMPTED_PASSAGE = 0.08


@dataclass(frozen=True)
class TrainingSet:
    """Texts with what the student should answer.

    Attributes:
        units: The texts that have a target.
        targets: ``[n, 256]``, unit rows.
        weights: ``[n]``, how likely each text is drawn.
        pairs: Queries with their answers.
    """

    units: list[Unit]
    targets: np.ndarray
    weights: np.ndarray
    pairs: Pairs

    @classmethod
    def of(cls, units: list[Unit], targets: np.ndarray, ready: np.ndarray) -> TrainingSet:
        """Return the texts that are ``ready``, drawn as `sampling_weights` says."""
        kept = np.flatnonzero(ready)
        chosen = [units[row] for row in kept]
        return cls(chosen, targets[kept], sampling_weights(chosen), Pairs.of(chosen, targets[kept]))


@dataclass(frozen=True)
class Batch:
    """Token ids ``[n, width]`` padded on the right, their lengths ``[n]``, and the rows of the set."""

    ids: torch.Tensor
    lengths: torch.Tensor
    rows: np.ndarray


def sampling_weights(units: list[Unit]) -> np.ndarray:
    """Return each row's probability: half English, most of the rest the evaluated languages.

    Within a language a source counts with the 0.7th power of its size, so that small ones are heard;
    long English texts, which documents resemble most, count twice.
    """
    sizes = Counter((unit.lang, unit.source) for unit in units)
    languages = Counter[str]()
    for (lang, _), size in sizes.items():
        languages[lang] += size**0.7
    n_others = max(1, len(languages) - len(_EVALUATED) - 1)
    shares = dict.fromkeys(languages, (1 - _ENGLISH_SHARE - _EVALUATED_SHARE) / n_others)
    shares |= dict.fromkeys(_EVALUATED, _EVALUATED_SHARE / len(_EVALUATED)) | {"en": _ENGLISH_SHARE}
    per_row = {
        (lang, source): shares[lang] * size**0.7 / languages[lang] / size for (lang, source), size in sizes.items()
    }
    weights = np.array([per_row[unit.lang, unit.source] * (1 + _is_long_english(unit)) for unit in units])
    return weights / weights.sum()


def _is_long_english(unit: Unit) -> bool:
    return unit.lang == "en" and len(unit.text) > LONG_CHARS


class Sampler:
    """Yields batches without end; its random state follows from the seed and the step."""

    def __init__(self, data: TrainingSet, tokenizer: Tokenizer, max_tokens: int, max_length: int) -> None:
        """Keep the texts; ``max_tokens`` bounds a batch, ``max_length`` a text."""
        self.data = data
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        tokenizer.enable_truncation(max_length)

    def batches(self, seed: int) -> Iterator[Batch]:
        """Yield the batches of one pool: texts drawn by weight, cut into like lengths, in random order."""
        rng = np.random.default_rng(seed)
        rows = rng.choice(len(self.data.units), size=_POOL_BATCHES * self.max_tokens // 24, p=self.data.weights)
        choose = random.Random(seed)  # noqa: S311 - no secret
        texts = [self._render(self.data.units[row], choose) for row in rows]
        token_ids = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]
        groups = list(self._groups(token_ids))
        for group in rng.permutation(len(groups)):
            yield _pad([token_ids[i] for i in groups[group]], rows[groups[group]])

    def pair_batch(self, seed: int) -> tuple[Batch, Batch]:
        """Return queries, most of them instructed, and their answers, row by row."""
        rng = np.random.default_rng(seed)
        choose = random.Random(seed)  # noqa: S311 - no secret
        pairs = self.data.pairs
        rows = pairs.draw(_PAIR_ROWS, rng)
        queries = [pairs.queries[row] for row in rows]
        asked = [instructed(text, choose) if choose.random() < _PROMPTED_QUESTION else text for text in queries]
        return self._cut(asked, rows), self._cut([pairs.answers[row] for row in rows], rows)

    def _cut(self, texts: list[str], rows: np.ndarray) -> Batch:
        """Return the texts as one batch, each cut to 128 tokens with the end token."""
        encodings = self.tokenizer.encode_batch_fast(texts)
        return _pad([[*encoding.ids[: _PAIR_TOKENS - 1], encoding.ids[-1]] for encoding in encodings], rows)

    def _render(self, unit: Unit, choose: random.Random) -> str:
        share = _PROMPTED_QUERY if unit.role == "query" else _PROMPTED_PASSAGE
        return instructed(unit.text, choose) if choose.random() < share else unit.text

    def _groups(self, token_ids: list[list[int]]) -> Iterator[list[int]]:
        order = sorted(range(len(token_ids)), key=lambda i: len(token_ids[i]))
        group: list[int] = []
        for i in order:
            if group and (len(group) + 1) * len(token_ids[i]) > self.max_tokens:
                yield group
                group = []
            group.append(i)
        yield group


def _pad(sequences: list[list[int]], rows: np.ndarray) -> Batch:
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    ids = torch.zeros((len(sequences), int(lengths.max())), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
    return Batch(ids, lengths, rows)
