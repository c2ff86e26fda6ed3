"""Three manuals that no training reads: their headings search their sections."""

from __future__ import annotations

from pathlib import Path

from .corpus import read_corpus
from .evalsets import RetrievalSet


def load_development(path: Path) -> RetrievalSet:
    """Return the headings of the three manuals as queries, their sections as documents."""
    texts = [text for text in read_corpus(path) if text.lang == "en"]
    documents = [text.text for text in texts if text.role == "passage"]
    numbers = {text: number for number, text in enumerate(documents)}
    asked = {text.text: text.answer for text in texts if text.answer in numbers}
    relevant = [frozenset({numbers[answer or ""]}) for answer in asked.values()]
    return RetrievalSet("manuals", list(asked), documents, relevant)
