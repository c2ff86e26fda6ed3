"""Split records into training and dev sets that share no document, query or group."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qwen3_embed_integrations.core.errors import DataFileError
from qwen3_embed_integrations.evaluation import RetrievalDataset

from .data import Example, read_examples


@dataclass(frozen=True)
class Split:
    """Training and dev records.

    Attributes:
        train: Training records.
        dev: Dev records; () without a dev set.
        n_left_out: Number of training records left out because one of their negatives is a dev document.
    """

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    n_left_out: int = 0

    def dataset(self, n_distractors: int = 10_000) -> RetrievalDataset:
        """Return the dev set: its queries, its documents, and up to `n_distractors` training documents."""
        tasks = {example.query: example.task for example in reversed(self.dev)}
        distractors = dict.fromkeys(example.positive for example in self.train)
        pairs = [(example.query, example.positive) for example in self.dev]
        dataset = RetrievalDataset.of_pairs(pairs, list(distractors)[:n_distractors])
        return replace(dataset, tasks=tuple(tasks[query] for query in dataset.queries))


def split_by_group(examples: Sequence[Example], dev_share: float, seed: int) -> Split:
    """Split so that records with a common group, positive or query stay on one side.

    Args:
        examples: All records.
        dev_share: Approximate share of the records in the dev set; 0 for no dev set.
        seed: Seed of the random choice.

    Raises:
        DataFileError: If the records are so connected that no such split exists.
    """
    if not dev_share:
        return Split(tuple(examples), ())
    clusters = _clusters(examples)
    random.Random(seed).shuffle(clusters)  # noqa: S311 - no secret
    dev: list[Example] = []
    wanted = max(1, round(dev_share * len(examples)))
    for cluster in sorted(clusters, key=lambda cluster: len(cluster) > wanted):  # stable: the large ones last
        if len(dev) + len(cluster) <= wanted or not dev:
            dev += cluster
    if len(dev) > len(examples) / 2:
        raise DataFileError(
            f"{len(dev)} of {len(examples)} records are connected by group, query or positive: a split that keeps them "
            "together leaves too few to train on. Give --dev a file of its own, or set --dev-share 0."
        )
    chosen = {id(example) for example in dev}
    return _without_leaks([example for example in examples if id(example) not in chosen], dev)


def read_dev(path: Path, train: Sequence[Example]) -> Split:
    """Return the split of training records and a dev file.

    Raises:
        DataFileError: If the file is malformed, or shares a query or document with the training records; the message
            names the lines.
    """
    dev = read_examples([path])
    for kind, texts in _kinds(train).items():
        for example in dev:
            if (text := getattr(example, kind)) in texts:
                raise DataFileError(
                    f"{example.place}: its {kind} is also in {texts[text]}, so the metrics would be too high. "
                    "Remove one of the two, or leave --dev out: the automatic split keeps them apart."
                )
    return _without_leaks(train, dev)


def _without_leaks(train: Iterable[Example], dev: Sequence[Example]) -> Split:
    documents = {example.positive for example in dev}
    records = tuple(train)
    kept = tuple(example for example in records if documents.isdisjoint(example.negatives))
    if not kept:
        raise DataFileError("Every training record has a dev document as a negative. Give --dev other records.")
    return Split(kept, tuple(dev), len(records) - len(kept))


def _kinds(examples: Sequence[Example]) -> dict[str, dict[str, str]]:
    return {
        kind: {getattr(example, kind): example.place for example in reversed(examples)}
        for kind in ("positive", "query")
    }


def _clusters(examples: Sequence[Example]) -> list[list[Example]]:
    """Return the connected components of the records by common group, positive or query (union-find)."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(key: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for example in examples:
        keys = [("positive", example.positive), ("query", example.query)]
        keys += [("group", example.group)] if example.group else []
        for key in keys[1:]:
            parent[root(key)] = root(keys[0])
    clusters: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        clusters.setdefault(root(("positive", example.positive)), []).append(example)
    return list(clusters.values())
