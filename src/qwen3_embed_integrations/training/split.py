"""Train and dev records that share no document, no query and no group."""

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
    """What is trained on and what is measured with.

    Attributes:
        train: Records of the steps.
        dev: Records of the dev set; () without one.
        n_left_out: Training records left out because a negative of theirs is a dev document.
    """

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    n_left_out: int = 0

    def dataset(self, n_distractors: int = 10_000) -> RetrievalDataset:
        """Gives the dev set: its queries, searched for among its documents and so many training documents."""
        tasks = {example.query: example.task for example in reversed(self.dev)}
        distractors = dict.fromkeys(example.positive for example in self.train)
        pairs = [(example.query, example.positive) for example in self.dev]
        dataset = RetrievalDataset.of_pairs(pairs, list(distractors)[:n_distractors])
        return replace(dataset, tasks=tuple(tasks[query] for query in dataset.queries))


def split_by_group(examples: Sequence[Example], dev_share: float, seed: int) -> Split:
    """Gives a split that keeps all records with a group, a positive or a query in common on one side.

    Args:
        examples: All records.
        dev_share: About which share of the records the dev set gets; 0: none.
        seed: Decides which.

    Raises:
        DataFileError: The records hang together so that no such split exists.
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
            f"{len(dev)} of {len(examples)} records hang together by group, query or positive: no document-safe split "
            "leaves enough to train on. Give --dev a file of its own, or --dev-share 0."
        )
    chosen = {id(example) for example in dev}
    return _without_leaks([example for example in examples if id(example) not in chosen], dev)


def read_dev(path: Path, train: Sequence[Example]) -> Split:
    """Gives the split of training records and a dev file.

    Raises:
        DataFileError: The file is malformed, or shares a query or document with the training records: the message
            names the lines.
    """
    dev = read_examples([path])
    for kind, texts in _kinds(train).items():
        for example in dev:
            if (text := getattr(example, kind)) in texts:
                raise DataFileError(
                    f"{example.place}: its {kind} stands in {texts[text]} too, so the figures would flatter. "
                    "Take it out of one of them, or leave --dev out: a split by group keeps them apart."
                )
    return _without_leaks(train, dev)


def _without_leaks(train: Iterable[Example], dev: Sequence[Example]) -> Split:
    documents = {example.positive for example in dev}
    records = tuple(train)
    kept = tuple(example for example in records if documents.isdisjoint(example.negatives))
    if not kept:
        raise DataFileError("Every training record has a dev document as a negative. Give --dev a file of its own.")
    return Split(kept, tuple(dev), len(records) - len(kept))


def _kinds(examples: Sequence[Example]) -> dict[str, dict[str, str]]:
    return {
        kind: {getattr(example, kind): example.place for example in reversed(examples)}
        for kind in ("positive", "query")
    }


def _clusters(examples: Sequence[Example]) -> list[list[Example]]:
    """Gives the records in clusters that hang together by group, positive or query (union-find)."""
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
