"""Say that the documents hold no answer: the evidence, the floor, and what came nearest."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from .calibration import Calibration, find_calibration
from .evidence import Kind
from .retrieval import Retrieved, Retriever
from .terminal import shown

_NEAREST = 3


def calibration_key(retriever: Retriever) -> tuple[Kind, str, str]:
    """Return what a floor depends on beside the documents: kind of evidence, space, prompt of the questions."""
    if retriever.reranker is None:
        return "cosine", retriever.encoder.space.fingerprint, retriever.encoder.prompt("query")
    info, config = retriever.reranker.model_info, retriever.reranker.config
    return "logit", f"{info.model} {info.weights or info.revision}".rstrip(), config.instruction or ""


def find_floor(retriever: Retriever, corpus: str) -> Calibration | None:
    """Return the floor that was measured for these models and documents; None: none was.

    Raises:
        ConfigError: The user's file of floors is damaged.
    """
    return find_calibration(*calibration_key(retriever), corpus)


def abstain(console: Console, question: str, found: Retrieved, floor: Calibration, *, as_json: bool) -> None:
    """Print that nothing relevant was found, and why, as text or as a line of JSON.

    Args:
        console: Where it is printed.
        question: The question.
        found: Its passages and their evidence.
        floor: The floor that the evidence did not reach.
        as_json: Print a line of JSON.
    """
    nearest = _nearest(found)
    if as_json:
        data = {
            "question": question,
            "answer": None,
            "reason": "below_floor",
            "evidence": found.evidence.kind,
            "best": round(found.evidence.score, 6),
            "floor": round(floor.floor, 6),
            "nearest": nearest,
            "passages": [],
        }
        console.file.write(f"{json.dumps(data)}\n")  # ASCII: no character can act on a terminal
        return
    console.print(shown(" ".join(question.split()), "bold"))
    console.print(shown(f"Nothing relevant found. Evidence: {found.evidence}; the floor is {floor.floor:.2f}."))
    if nearest:
        console.print(shown("Nearest, not answers:"))
    for one in nearest:
        console.print(shown(f"  {one['title']} ({one['score']:.3f})"))
    console.print()


def _nearest(found: Retrieved) -> list[dict[str, Any]]:
    """Return the titles that came nearest, each once, with their cosine similarity."""
    by_title = {passage.title: passage for passage in reversed(found.passages)}  # the first of a title wins
    best = sorted(by_title.values(), key=found.passages.index)[:_NEAREST]
    return [{"title": one.title, "citation": one.citation, "score": round(one.score, 6)} for one in best]
