"""Measures models beside BM25 and the teachers: every set with the same code, with 95 % intervals."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bm25s
import numpy as np
import torch

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.core.prompts import TASKS, query_prompt

from .benchmark import Benchmark, BitextSet, SimilaritySet, TripleSet
from .evalsets import HitSet, RetrievalSet
from .measured import Measured, load_scores, save_scores
from .metrics import hit_scores, ndcg_scores, normalised, top_1_scores
from .teachers import load_e5, load_minilm

logger = logging.getLogger(__name__)

DIMENSIONS = (256, 128, 64)
BASELINES = ("BM25", "MiniLM", "e5-small")
Encode = Callable[[list[str]], np.ndarray]


@dataclass(frozen=True)
class System:
    """Something that embeds.

    Attributes:
        name: As the tables call it.
        query: Embeds what asks, behind the instruction where one is given.
        document: Embeds what is found.
        dimensions: The widths to measure.
        takes_instructions: Whether instructions are measured too.
    """

    name: str
    query: Encode
    document: Encode
    dimensions: tuple[int | None, ...] = (None,)
    takes_instructions: bool = False


def bm25_scores(dataset: RetrievalSet) -> np.ndarray:
    """Return BM25's scores ``[n queries, n documents]`` (bm25s, English stop words left out)."""
    index = bm25s.BM25()
    index.index(bm25s.tokenize(dataset.documents, show_progress=False), show_progress=False)
    queries = bm25s.tokenize(dataset.queries, return_ids=False, show_progress=False)
    return np.stack([index.get_scores(query) if query else np.zeros(len(dataset.documents)) for query in queries])


@cache
def model_system(name: str, folder: Path) -> System:
    """Return a folder in the package's format as a system, embedded as users do."""
    encoder = Qwen3Encoder(model=str(folder), dtype="float32").load()

    def encode(texts: list[str]) -> np.ndarray:
        return encoder.encode_document(texts)

    return System(name, encode, encode, DIMENSIONS, takes_instructions=True)


@cache
def teacher_system(name: str) -> System:
    """Return a teacher as a system, e5 behind its own prefixes."""
    if name == "MiniLM":
        minilm = load_minilm(torch.float32)
        return System(name, minilm.encode, minilm.encode)
    e5 = load_e5(torch.float32)
    return System(
        name,
        lambda texts: e5.encode([f"query: {text}" for text in texts]),
        lambda texts: e5.encode([f"passage: {text}" for text in texts]),
    )


def baselines(benchmark: list[Benchmark], kept: Path, *, measured_only: bool) -> dict[str, dict[str, Measured]]:
    """Return the figures of BM25 and both teachers, which do not change: scores are kept below ``kept``.

    Args:
        benchmark: The sets.
        kept: Folder of the scores, a file for each system and set.
        measured_only: Leave out what is not kept, in place of measuring it.
    """
    figures: dict[str, dict[str, Measured]] = {}
    for name in BASELINES:
        for dataset in benchmark:
            path = kept / name / f"{dataset.name.replace(' ', '-')}.npz"
            if not path.exists() and not (measured_only and name != "BM25"):
                path.parent.mkdir(parents=True, exist_ok=True)
                save_scores(_baseline(name, dataset), path)
            if path.exists():
                figures.setdefault(name, {}).update(load_scores(path))
    return figures


def model_figures(folder: Path, benchmark: list[Benchmark], kept: Path) -> dict[str, Measured]:
    """Return the figures of a model's folder; scores are kept below ``kept`` under the weights' digest."""
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:12]
    figures: dict[str, Measured] = {}
    for dataset in benchmark:
        path = kept / digest / f"{dataset.name.replace(' ', '-')}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            save_scores(measure_system(model_system(digest, folder), [dataset]), path)
        figures |= load_scores(path)
    return figures


def _baseline(name: str, dataset: Benchmark) -> dict[str, Measured]:
    if name != "BM25":
        return measure_system(teacher_system(name), [dataset])
    if not isinstance(dataset, RetrievalSet):
        return {}
    return {f"{dataset.name} | 0 | none": Measured(retrieval_scores(bm25_scores(dataset), dataset))}


def measure_system(system: System, benchmark: Iterable[Benchmark]) -> dict[str, Measured]:
    """Return ``set | width | task`` of every figure of a system."""
    figures = {}
    for dataset in benchmark:
        tasks = ["", *dataset.tasks] if system.takes_instructions else [""]
        documents = None if dataset.is_symmetric else system.document(dataset.documents)
        for task in tasks:
            prompt = query_prompt(TASKS[task].instruction) if task else ""
            embed = system.query
            queries = embed([prompt + text for text in dataset.queries])
            found = embed([prompt + text for text in dataset.documents]) if documents is None else documents
            for width in system.dimensions:
                key = f"{dataset.name} | {width or queries.shape[1]} | {task or 'none'}"
                figures[key] = scored(dataset, normalised(queries, width), normalised(found, width))
        logger.info("%s measured on %s", system.name, dataset.name)
    return figures


def retrieval_scores(scores: np.ndarray, dataset: RetrievalSet) -> np.ndarray:
    """Return each query's score in percent: hit@3 of a `HitSet`, else nDCG@10."""
    return hit_scores(scores, dataset) if isinstance(dataset, HitSet) else ndcg_scores(scores, dataset)


def scored(dataset: Benchmark, queries: np.ndarray, documents: np.ndarray) -> Measured:
    """Return the set's scores for unit rows of its queries and documents."""
    if isinstance(dataset, RetrievalSet):
        return Measured(retrieval_scores(queries @ documents.T, dataset))
    if isinstance(dataset, BitextSet):
        return Measured(top_1_scores(queries, documents))
    if isinstance(dataset, TripleSet):
        same, different = documents[: len(queries)], documents[len(queries) :]
        return Measured(100.0 * ((queries * same).sum(1) > (queries * different).sum(1)))
    assert isinstance(dataset, SimilaritySet)  # noqa: S101 - for the type checker: no other kind is left
    return Measured((queries * documents).sum(1), np.array(dataset.gold))
