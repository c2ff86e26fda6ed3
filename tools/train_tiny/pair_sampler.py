"""Draws batches of pairs, each of one source or language, with instructions as each kind of pair asks for.

Half of the batches hold texts that resemble each other under the starting vectors: hard negatives.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from qwen3_embed_integrations.core.prompts import TASKS, query_prompt

from .prompts import INSTRUCTIONS, as_question, query_prefix, symmetric_prefix
from .teacher_texts import TeacherPairs, TeacherTexts
from .templates import training_triples
from .training_text import LONG_CHARS, TrainingText

_DICTIONARIES = frozenset({"wordnet", "gcide", "foldoc", "freedict", "wordfreq"})
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f])")  # the last three are Chinese and Japanese
_ASKED = 0.35
_LEAST_PAIRS = 40
_ONE_SOURCE = 0.5
_SENTENCE_KEPT = 0.15
STAGES = {
    "token-vectors": {"qa": 0.3, "code": 0.14, "bitext": 0.36, "passage": 0.15, "same": 0.05},
    "layers": {
        "qa": 0.25,
        "code": 0.11,
        "bitext": 0.27,
        "passage": 0.13,
        "similar": 0.14,
        "teacher": 0.07,
        "triple": 0.03,
    },
}
"""How often each kind of batch is drawn in each stage."""
_SIZES = {"bitext": 2.0, "similar": 2.0, "triple": 1.5}
"""Short texts come in larger batches: so many times the size asked for."""
_HARD = 0.5
_CODE_BOTH = 0.06
_CANDIDATES, _N_CLUSTERS = 8, 4
_HEAD_CHARS = 240
Embed = Callable[[list[str]], np.ndarray]
LANGUAGE_WEIGHTS = {"ja": 3.0, "ko": 3.0, "ru": 3.0, "zh": 3.0, "ar": 3.0, "hi": 2.0, "de": 2.0, "fr": 1.5, "es": 1.5}


@dataclass(frozen=True)
class PairBatch:
    """Texts ``left`` with what each should find, ``right``.

    ``wrong`` is a negative of each, where there is one; ``teacher`` and ``teacher_right`` the teacher's
    rows of either side, where it has any.
    """

    kind: str
    left: list[str]
    right: list[str]
    wrong: list[str] = field(default_factory=list)
    teacher: np.ndarray | None = None
    teacher_right: np.ndarray | None = None

    @property
    def is_symmetric(self) -> bool:
        """Whether either side should find the other."""
        return self.kind in {"bitext", "same", "code", "triple"}


class PairSampler:
    """All pairs by kind and group; `batches` never ends."""

    def __init__(
        self,
        texts: Iterable[TrainingText],
        shares: dict[str, float],
        teacher: tuple[TeacherTexts | None, TeacherPairs | None] = (None, None),
        embed: Embed | None = None,
    ) -> None:
        """Sort the texts into groups.

        Args:
            texts: All of them.
            shares: How often each kind of batch is drawn.
            teacher: What batches of the kinds ``similar`` and ``teacher`` hold; without, there are none.
            embed: Texts to unit rows; what resembles is found by them. Without, batches are drawn at random.
        """
        self.shares, self.embed = shares, embed
        self.teacher, self.teacher_pairs = teacher
        self.groups: dict[str, dict[str, list[tuple[str, str]]]] = {kind: defaultdict(list) for kind in INSTRUCTIONS}
        for item in texts:
            self._add(item)
        self.weights = {
            kind: {
                name: _weight(kind, name, len(pairs)) for name, pairs in groups.items() if len(pairs) >= _LEAST_PAIRS
            }
            for kind, groups in self.groups.items()
        }

    def _add(self, item: TrainingText) -> None:
        source = item.source
        if item.english:
            kind = "same" if item.lang == "en" else "bitext"
            self.groups[kind][f"{item.lang}/{source}"].append((item.text, item.english))
        elif item.role == "same" and item.answer:
            self.groups["same"][source].append((item.text, item.answer))
        elif item.answer:
            kind = "code" if source.startswith("code:") else "qa"
            self.groups[kind][source if item.lang == "en" else f"{source}/{item.lang}"].append((item.text, item.answer))
        elif len(item.text) > LONG_CHARS or (item.lang in {"ja", "zh", "ko"} and len(item.text) > LONG_CHARS // 2):
            self.groups["passage"][f"{source}/{item.lang}"].append((item.text, item.text))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many pairs each group of each kind holds."""
        return {kind: {name: len(pairs) for name, pairs in groups.items()} for kind, groups in self.groups.items()}

    def batches(self, size: int, seed: int) -> Iterator[PairBatch]:
        """Yield batches of up to ``size`` pairs."""
        rng = random.Random(seed)  # noqa: S311 - no secret
        known = {
            kind
            for kind, there in (
                ("triple", True), ("similar", self.teacher), ("teacher", self.teacher_pairs), *self.weights.items(),
            )
            if there
        }  # fmt: skip
        kinds = [kind for kind in self.shares if kind in known]
        while True:
            kind = rng.choices(kinds, [self.shares[kind] for kind in kinds])[0]
            yield self._batch(kind, int(size * _SIZES.get(kind, 1.0)), rng)

    def _batch(self, kind: str, size: int, rng: random.Random) -> PairBatch:
        if kind == "triple":
            return self.triples(size, rng)
        if kind == "similar" and self.teacher is not None:
            texts, rows = self.teacher.neighbours(size, rng)
            prefix = symmetric_prefix(rng, kind)
            return PairBatch(kind, [prefix + text for text in texts], [], teacher=rows)
        if kind == "teacher" and self.teacher_pairs is not None:
            return self._teacher_pairs(self.teacher_pairs, size, rng)
        return self._pairs(kind, size, rng)

    @staticmethod
    def _teacher_pairs(pairs: TeacherPairs, size: int, rng: random.Random) -> PairBatch:
        chosen = pairs.neighbours(size, rng)
        left = [query_prefix(rng, "qa") + pairs.pairs[number][0] for number in chosen]
        right = [pairs.pairs[number][1] for number in chosen]
        return PairBatch("teacher", left, right, teacher=pairs.left[chosen], teacher_right=pairs.right[chosen])

    @staticmethod
    def triples(size: int, rng: random.Random) -> PairBatch:
        """Return ``size`` triples, all behind one instruction or none."""
        triples = training_triples(size, rng.randrange(2**40))
        prefix = symmetric_prefix(rng, "same")
        sides = [
            [prefix + text for text in side]
            for side in zip(*((t.anchor, t.same, t.different) for t in triples), strict=True)
        ]
        return PairBatch("triple", *sides)

    def _pairs(self, kind: str, size: int, rng: random.Random) -> PairBatch:
        weights = self.weights[kind]
        name = rng.choices(list(weights), list(weights.values()))[0]
        drawn = self._drawn(kind, name, size, rng)
        if self.embed is not None and rng.random() < _HARD:
            drawn = self._alike(self._drawn(kind, name, _CANDIDATES * size, rng), size, rng)
        if kind == "passage":
            drawn = [pair for text, _ in drawn if (pair := sentence_of(text, rng))]
        left, right = _distinct(drawn)
        if kind in {"bitext", "same"} or (kind == "code" and rng.random() < _CODE_BOTH):
            prefix = symmetric_prefix(rng, kind) if kind != "code" else query_prompt(TASKS["code2code"].instruction)
            return PairBatch(kind, [prefix + text for text in left], [prefix + text for text in right])
        english = "/" not in name
        asked = [as_question(t, rng) if kind == "qa" and english and rng.random() < _ASKED else t for t in left]
        return PairBatch(kind, [query_prefix(rng, kind) + text for text in asked], right)

    def _drawn(self, kind: str, name: str, size: int, rng: random.Random) -> list[tuple[str, str]]:
        """Return pairs of one group, or, half of the time, for translations of one language, else of all groups."""
        groups = self.groups[kind]
        if rng.random() < _ONE_SOURCE:
            return rng.sample(groups[name], min(size, len(groups[name])))
        weights = self.weights[kind]
        names = list(weights)
        if kind == "bitext":
            names = [other for other in names if other.split("/")[0] == name.split("/", maxsplit=1)[0]]
        chosen = rng.choices(names, [weights[other] for other in names], k=size)
        return [rng.choice(groups[other]) for other in chosen]

    def _alike(self, drawn: list[tuple[str, str]], size: int, rng: random.Random) -> list[tuple[str, str]]:
        """Return the nearest pairs, by their second halves, to a few of them."""
        assert self.embed is not None  # noqa: S101 - for the type checker
        rows = self.embed([found[:_HEAD_CHARS] for _, found in drawn])
        seeds = rng.sample(range(len(drawn)), min(_N_CLUSTERS, len(drawn)))
        nearest = np.argsort(-(rows[seeds] @ rows.T), axis=1)[:, : size // _N_CLUSTERS]
        return [drawn[row] for row in dict.fromkeys(nearest.reshape(-1).tolist())]


def _weight(kind: str, name: str, size: int) -> float:
    if kind == "bitext":
        return LANGUAGE_WEIGHTS.get(name.split("/", maxsplit=1)[0], 0.7) * min(size, 20_000) ** 0.5 / 100
    return size**0.5 * (0.4 if name in _DICTIONARIES else 1.0)


def _distinct(pairs: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return both sides without pairs that repeat a side: a text is no negative of itself."""
    left, right = dict[str, None](), dict[str, None]()
    for one, other in pairs:
        if one not in left and other not in right:
            left[one] = right[other] = None
    return list(left), list(right)


def sentence_of(text: str, rng: random.Random) -> tuple[str, str] | None:
    """Return one sentence of a passage and the rest of it, None where the passage is one sentence."""
    sentences = [part for part in _SENTENCE_END.split(text) if part.strip()]
    if len(sentences) < 2:  # noqa: PLR2004 - one and a rest
        return None
    number = rng.randrange(len(sentences))
    asked = sentences[number].strip()
    if rng.random() < 0.5:  # noqa: PLR2004 - a run of words of it, as a search query would be
        words = asked.split()
        n_words = rng.randint(2, 10)
        start = rng.randrange(max(1, len(words) - n_words + 1))
        asked = " ".join(words[start : start + n_words])
    kept = sentences if rng.random() < _SENTENCE_KEPT else sentences[:number] + sentences[number + 1 :]
    return asked, " ".join(part.strip() for part in kept)
