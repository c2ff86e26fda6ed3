"""Draws the texts of each step: pairs, single texts and triples, each behind an instruction or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from .bundle_files import PAIR_KINDS, Bundle

LANGUAGE_WEIGHTS = {"ja": 3.0, "ko": 3.0, "ru": 3.0, "zh": 3.0, "ar": 3.0, "de": 3.0, "hi": 2.0, "fr": 1.5, "es": 1.5}
_DICTIONARIES = frozenset({"wordnet", "gcide", "foldoc", "multilingual-wordnet", "cldr"})
_ONE_SOURCE = 0.6
_HARDEST = 24


@dataclass(frozen=True)
class Block:
    """Rows of a step that are compared with each other.

    Attributes:
        kind: ``qa``, ``passage``, ``code``, ``bitext``, ``same``, ``similar`` or ``triple``.
        n: Texts of each side.
        start: The first row: ``n`` left ones, then ``n`` right ones, then negatives; ``similar`` has one side alone.
        n_negatives: How many more texts stand behind the right ones.
        is_english: Whether the teacher knows the left texts.
    """

    kind: str
    n: int
    start: int
    n_negatives: int = 0
    is_english: bool = True

    @property
    def left(self) -> slice:
        """Rows of the first side."""
        return slice(self.start, self.start + self.n)

    @property
    def right(self) -> slice:
        """Rows of the other side, negatives last."""
        return slice(self.start + self.n, self.start + 2 * self.n + self.n_negatives)


@dataclass
class Step:
    """Numbers of texts with the number of the instruction before each, and the blocks they form."""

    numbers: list[np.ndarray] = field(default_factory=list)
    prefixes: list[np.ndarray] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    n_texts: int = 0

    def add(self, numbers: np.ndarray, prefixes: np.ndarray) -> None:
        """Append rows."""
        self.numbers.append(numbers)
        self.prefixes.append(prefixes)
        self.n_texts += len(numbers)

    def texts(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of all texts and of their instructions."""
        return np.concatenate(self.numbers), np.concatenate(self.prefixes)


@dataclass(frozen=True)
class Sizes:
    """Blocks of each kind in a step, and their pairs (texts for ``similar``, triples for ``triple``)."""

    blocks: dict[str, tuple[int, int]] = field(
        default_factory=lambda: {
            "qa": (1, 768), "qa other": (1, 256), "passage": (1, 224), "passage other": (1, 128), "code": (1, 320),
            "bitext": (4, 320), "same": (1, 96), "similar": (1, 1536), "triple": (1, 384),
        }
    )  # fmt: skip

    def scaled(self, share: float) -> Sizes:
        """Return blocks of a share of the pairs, for a small machine: few blocks, so that each has many negatives."""
        found = {}
        for kind, (n, size) in self.blocks.items():
            n_pairs = n * size * share
            n_blocks = max(1, round(n_pairs / size))
            found[kind] = (n_blocks, max(8, int(n_pairs / n_blocks)))
        return Sizes(found)


class StepSampler:
    """Draws steps from a bundle; triples are the last texts of the store."""

    def __init__(self, bundle: Bundle, negatives: dict[str, np.ndarray], sizes: Sizes) -> None:
        """Sort the groups.

        Args:
            bundle: Pairs, single texts and triples.
            negatives: Numbers of hard negatives ``[pairs of the kind, n]`` of English ``qa`` and ``code`` pairs, in the
                order of the bundle.
            sizes: What a step holds.
        """
        self.bundle, self.negatives, self.sizes = bundle, negatives, sizes
        self.instructions = bundle.instructions
        self.ends, self.singles = bundle.numbers["ends"], bundle.numbers["singles"]
        self.n_triples, self.n_texts = int(bundle.numbers["n_triples"]), len(bundle.numbers["is_english"])
        self.groups: dict[str, list[tuple[str, np.ndarray]]] = defaultdict(list)
        self.weights: dict[str, list[float]] = defaultdict(list)
        self.place = np.full(len(self.ends), -1, np.int64)
        seen: dict[str, int] = defaultdict(int)
        at = 0
        for group in bundle.groups:
            rows = np.arange(at, at + group.n_pairs)
            at += group.n_pairs
            plain = PAIR_KINDS[group.kind]
            is_other = group.language != "en" and plain in {"qa", "passage"}
            kind = f"{plain} other" if is_other else plain
            if plain in {"qa", "code"} and group.language == "en":
                self.place[rows] = np.arange(seen[plain], seen[plain] + len(rows))
                seen[plain] += len(rows)
            self.groups[kind].append((group.language, rows))
            self.weights[kind].append(_weight(kind, group.source, group.language, group.n_pairs))

    def steps(self, seed: int) -> Iterator[Step]:
        """Yield steps without end."""
        rng = np.random.default_rng(seed)
        while True:
            step = Step()
            for kind, (n_blocks, size) in self.sizes.blocks.items():
                for _ in range(n_blocks):
                    self._add_block(step, kind, size, rng)
            yield step

    def _add_block(self, step: Step, kind: str, size: int, rng: np.random.Generator) -> None:
        if kind == "triple":
            first = self.n_texts
            chosen = rng.choice(self.n_triples, size, replace=False)
            prefix = np.full(3 * size, self.instructions.draw("same", 1, rng)[0])
            step.blocks.append(Block(kind, size, step.n_texts, size))
            step.add(np.concatenate([first + 3 * chosen + side for side in range(3)]), prefix)
        elif kind == "similar":
            chosen = rng.choice(self.singles, min(size, len(self.singles)), replace=False)
            step.blocks.append(Block(kind, len(chosen), step.n_texts))
            step.add(chosen, np.full(len(chosen), self.instructions.draw(kind, 1, rng)[0]))
        elif self.groups[kind]:
            self._add_pairs(step, kind, size, rng)

    def _add_pairs(self, step: Step, kind: str, size: int, rng: np.random.Generator) -> None:
        pairs = self._drawn(kind, size, rng)
        ends = self.ends[pairs]
        _, first = np.unique(ends[:, 1], return_index=True)  # a text is no negative of itself
        pairs, ends = pairs[first], ends[first]
        plain = kind.partition(" ")[0]
        n = len(pairs)
        extra = np.zeros(0, np.int64)
        if plain in self.negatives and kind == plain:
            hard = self.negatives[plain][self.place[pairs]]
            extra = hard[np.arange(n), rng.integers(0, min(_HARDEST, hard.shape[1]), n)]
        is_symmetric = plain in {"bitext", "same"}
        before = self.instructions.draw(plain, 1 if is_symmetric else n, rng)
        left = np.broadcast_to(before, n)
        step.blocks.append(Block(plain, n, step.n_texts, len(extra), is_english=kind == plain and plain != "bitext"))
        step.add(
            np.concatenate([ends[:, 0], ends[:, 1], extra]),
            np.concatenate([left, left if is_symmetric else np.zeros(n, np.int64), np.zeros(len(extra), np.int64)]),
        )

    def _drawn(self, kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return pairs of one group, or of all groups of its language."""
        groups, weights = self.groups[kind], np.array(self.weights[kind])
        number = int(rng.choice(len(groups), p=weights / weights.sum()))
        language, rows = groups[number]
        if rng.random() < _ONE_SOURCE:
            return rng.choice(rows, min(size, len(rows)), replace=False)
        alike = [place for place, (other, _) in enumerate(groups) if other == language]
        shares = weights[alike] / weights[alike].sum()
        counts = rng.multinomial(size, shares)
        return np.concatenate([
            rng.choice(groups[place][1], min(count, len(groups[place][1])), replace=False)
            for place, count in zip(alike, counts, strict=True)
        ])  # fmt: skip


def _weight(kind: str, source: str, language: str, size: int) -> float:
    if kind == "bitext":
        return LANGUAGE_WEIGHTS.get(language, 0.7) * min(size, 20_000) ** 0.5
    return size**0.5 * (0.4 if source in _DICTIONARIES else 1.0)
