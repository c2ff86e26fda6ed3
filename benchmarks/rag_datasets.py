"""The judged questions of tests/judged, and how what is found for them is measured."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qwen3_embed_integrations.rag import RagOptions
from qwen3_embed_integrations.rag.passage import Passage, stored_passage
from qwen3_embed_integrations.rag.retrieval import Retriever
from qwen3_embed_integrations.rag.selection import select

sys.path.insert(0, str(Path(__file__).parent.parent / "tests/support"))
from mixed_folder import QUESTIONS_FOLDER

Array = npt.NDArray[Any]
DEPTH = 10
N_DRAWS = 10_000


@dataclass(frozen=True)
class RagDataset:
    """A corpus and questions to it, with an answer and without.

    Attributes:
        name: "stdlib" or "mixed".
        passages: The chunks by id.
        questions: Those with an answer.
        unanswerable: Those without.
    """

    name: str
    passages: Mapping[str, Passage]
    questions: list[dict[str, Any]]
    unanswerable: list[dict[str, Any]]

    @property
    def texts(self) -> dict[str, str]:
        """Chunk → its text with title and headings."""
        return {
            key: "\n\n".join([" > ".join([one.title, *one.headings]), one.text]) for key, one in self.passages.items()
        }

    def hits(self, question: Mapping[str, Any], ids: Sequence[str]) -> list[bool]:
        """Tell of each passage shown whether it is of a document or below a heading that the judges accept.

        Args:
            question: The question.
            ids: The chunks that were found; the RAG command's own selection chooses among them.
        """
        shown = select([self.passages[key] for key in ids], DEPTH, per_file=RagOptions().per_file)
        return [any(fnmatchcase(n, p) for n in _names(one) for p in question["documents"]) for one in shown]

    def where(self, half: str, kind: str, *, answerable: bool = True) -> Array:
        """Return `[n questions]` of bool: those of a half and kind."""
        questions = self.questions if answerable else self.unanswerable
        return np.array([(one["half"], one["kind"]) == (half, kind) for one in questions])


def rag_dataset(name: str, retriever: Retriever) -> RagDataset:
    """Return the judged set of an index that holds its corpus."""
    stored = retriever.index.collection.get(include=["documents", "metadatas"])
    records = zip(stored["ids"], stored["documents"] or [], stored["metadatas"] or [], strict=True)
    passages = [stored_passage(key, text or "", data or {}, 0.0) for key, text, data in records]
    questions, unanswerable = (_records(f"{name}_{kind}.jsonl") for kind in ("questions", "unanswerable"))
    return RagDataset(name, {one.id: one for one in passages}, questions, unanswerable)


def _names(passage: Passage) -> set[str]:
    return {passage.source, passage.title, *passage.headings}


def _records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (QUESTIONS_FOLDER / name).read_text(encoding="utf-8").splitlines()]


def metrics_of(hits: Sequence[Sequence[bool]]) -> dict[str, Array]:
    """Return metric → value of each question."""
    return {
        **{f"hit@{k}": np.array([float(any(one[:k])) for one in hits]) for k in (1, 3)},
        "MRR@10": np.array([next((1 / rank for rank, hit in enumerate(one, 1) if hit), 0.0) for one in hits]),
    }


def interval(values: Array) -> list[float]:
    """Return the 95 % interval of a mean by bootstrap; of paired differences, give the differences."""
    draws = np.random.default_rng(0).integers(0, len(values), (N_DRAWS, len(values)))
    return [round(float(one), 3) for one in np.quantile(values[draws].mean(axis=1), [0.025, 0.975])]


def mean_of(values: Array) -> dict[str, Any]:
    """Return the mean and its interval."""
    return {"mean": round(float(values.mean()), 3), "interval": interval(values)}
