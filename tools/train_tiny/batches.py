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
from .prompts import as_question, instructed
from .units import EVALUATED, LONG_CHARS, Unit

_ENGLISH_SHARE = 0.5
_EVALUATED_SHARE = 0.4
_POOL_BATCHES = 32
_PAIR_ROWS = 96
_PAIR_TOKENS = 12_288
_ANSWER_LENGTH = 448
_PAIR_DRAWS = 4
_PAIR_POOL = 320
_ASKED = 0.5
_TRANSLATED_QUERY = 0.25
_TRANSLATED_ANSWER = 0.2
_LONG_WEIGHT = 3
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
    long English texts, which documents resemble most, count three times.
    """
    sizes = Counter((unit.lang, unit.source) for unit in units)
    languages = Counter[str]()
    for (lang, _), size in sizes.items():
        languages[lang] += size**0.7
    n_others = max(1, len(languages) - len(EVALUATED) - 1)
    shares = dict.fromkeys(languages, (1 - _ENGLISH_SHARE - _EVALUATED_SHARE) / n_others)
    shares |= dict.fromkeys(EVALUATED, _EVALUATED_SHARE / len(EVALUATED)) | {"en": _ENGLISH_SHARE}
    per_row = {
        (lang, source): shares[lang] * size**0.7 / languages[lang] / size for (lang, source), size in sizes.items()
    }
    weights = np.array(
        [per_row[unit.lang, unit.source] * (_LONG_WEIGHT if _is_long_english(unit) else 1) for unit in units]
    )
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
        groups = list(self._groups(token_ids, self.max_tokens, self.max_tokens))
        for group in rng.permutation(len(groups)):
            yield pad([token_ids[i] for i in groups[group]], rows[groups[group]])

    def pair_batches(self, seed: int) -> Iterator[tuple[Batch, Batch]]:
        """Yield (queries, their answers), row by row, from a few draws of pairs.

        The answers of a batch are of like length, so that it tells nothing about which is the right one.
        """
        rng = np.random.default_rng(seed)
        choose = random.Random(seed)  # noqa: S311 - no secret
        batches: list[tuple[Batch, Batch]] = []
        for _ in range(_PAIR_DRAWS):
            rows = self.data.pairs.draw(_PAIR_POOL, rng)
            asked = self._encoded([self._asked(self.data.pairs.queries[row], choose) for row in rows])
            answers = self._encoded([self._answer(self.data.pairs.answers[row], choose) for row in rows])
            batches += [
                (pad([asked[i] for i in group], rows[group]), pad([answers[i] for i in group], rows[group]))
                for group in self._groups(answers, _PAIR_TOKENS, _PAIR_ROWS)
            ]
        choose.shuffle(batches)
        yield from batches

    def _asked(self, query: str, choose: random.Random) -> str:
        text = self.data.pairs.translated(query, choose, _TRANSLATED_QUERY)
        if text == query and choose.random() < _ASKED:
            text = as_question(text, choose)
        return instructed(text, choose) if choose.random() < _PROMPTED_QUESTION else text

    def _answer(self, answer: str, choose: random.Random) -> str:
        return self.data.pairs.translated(answer, choose, _TRANSLATED_ANSWER)

    def _encoded(self, texts: list[str]) -> list[list[int]]:
        """Return the texts' token ids, each cut to 448 with the end token."""
        return [cut(encoding.ids, _ANSWER_LENGTH) for encoding in self.tokenizer.encode_batch_fast(texts)]

    def _render(self, unit: Unit, choose: random.Random) -> str:
        share = _PROMPTED_QUERY if unit.role == "query" else _PROMPTED_PASSAGE
        return instructed(unit.text, choose) if choose.random() < share else unit.text

    def _groups(self, token_ids: list[list[int]], max_tokens: int, max_rows: int) -> Iterator[list[int]]:
        order = sorted(range(len(token_ids)), key=lambda i: len(token_ids[i]))
        group: list[int] = []
        for i in order:
            if group and ((len(group) + 1) * len(token_ids[i]) > max_tokens or len(group) == max_rows):
                yield group
                group = []
            group.append(i)
        yield group


def cut(ids: list[int], max_length: int) -> list[int]:
    """Return at most ``max_length`` ids, the end token still last."""
    return ids if len(ids) <= max_length else [*ids[: max_length - 1], ids[-1]]


def pad(sequences: list[list[int]], rows: np.ndarray) -> Batch:
    """Return the sequences as one batch; ``rows`` are theirs."""
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    ids = torch.zeros((len(sequences), int(lengths.max())), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
    return Batch(ids, lengths, rows)
