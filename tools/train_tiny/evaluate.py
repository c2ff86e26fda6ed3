"""Measures the model beside BM25 and its teachers: one table, the same script for all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import bm25s
import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from .evalsets import RetrievalSet, load_fitz_gov, load_perlfaq, load_translations
from .metrics import ndcg_at_10, top_1, unit
from .teachers import load_e5, load_minilm

logger = logging.getLogger(__name__)

WIDTHS = (256, 128, 64)
Encode = Callable[[list[str]], np.ndarray]
Figures = dict[str, dict[str, float]]


def bm25_scores(dataset: RetrievalSet) -> np.ndarray:
    """Return BM25's scores ``[n queries, n documents]`` (bm25s, English stop words left out)."""
    index = bm25s.BM25()
    index.index(bm25s.tokenize(dataset.documents, show_progress=False), show_progress=False)
    queries = bm25s.tokenize(dataset.queries, return_ids=False, show_progress=False)
    return np.stack([index.get_scores(query) if query else np.zeros(len(dataset.documents)) for query in queries])


def teacher_figures(dataset: RetrievalSet) -> dict[str, float]:
    """Return nDCG@10 of BM25 and of both teachers."""
    e5, minilm = load_e5(), load_minilm()
    asked = e5.encode([f"query: {text}" for text in dataset.queries])
    return {
        "BM25": ndcg_at_10(bm25_scores(dataset), dataset),
        "e5-small": ndcg_at_10(asked @ e5.encode([f"passage: {text}" for text in dataset.documents]).T, dataset),
        "MiniLM": ndcg_at_10(minilm.encode(dataset.queries) @ minilm.encode(dataset.documents).T, dataset),
    }


def model_figures(model: SentenceTransformer, dataset: RetrievalSet) -> dict[str, float]:
    """Return the model's nDCG@10 at each width, and at full width without the instruction."""
    documents = model.encode_document(dataset.documents)
    queries = model.encode_query(dataset.queries)
    figures = {
        f"tiny {width}": ndcg_at_10(unit(queries, width) @ unit(documents, width).T, dataset) for width in WIDTHS
    }
    bare = unit(model.encode_document(dataset.queries))
    return figures | {"tiny 256, no instruction": ndcg_at_10(bare @ unit(documents).T, dataset)}


def translation_figures(encode: Encode, pairs: dict[str, list[tuple[str, str]]]) -> dict[str, float]:
    """Return, for each language, how often a text's nearest English text is its original (percent)."""
    figures = {}
    for lang, of_language in pairs.items():
        texts, originals = (list(side) for side in zip(*of_language, strict=True))
        figures[lang] = top_1(unit(encode(texts)), unit(encode(originals)))
    return figures


def evaluate_teachers(unpacked: Path, heldout: Path) -> Figures:
    """Return the figures of BM25 and the teachers, a column each set; they are the same for every student."""
    figures = {dataset.name: teacher_figures(dataset) for dataset in (load_perlfaq(unpacked), load_fitz_gov())}
    if heldout.exists():
        e5 = load_e5()
        figures["top-1 e5-small"] = translation_figures(
            lambda texts: e5.encode([f"query: {text}" for text in texts]), load_translations(heldout)
        )
    return figures


def evaluate_model(folder: Path, unpacked: Path, heldout: Path) -> Figures:
    """Return the model's figures: a column each for perlfaq, fitz-gov and X→English top-1."""
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    figures = {dataset.name: model_figures(model, dataset) for dataset in (load_perlfaq(unpacked), load_fitz_gov())}
    if heldout.exists():
        figures["top-1 tiny"] = translation_figures(model.encode_document, load_translations(heldout))
    else:
        logger.warning("no %s: the translation table needs the steps download and extract", heldout)
    return figures


def merged(first: Figures, second: Figures) -> Figures:
    """Return both sets of figures, columns of one name joined."""
    return {name: first.get(name, {}) | second.get(name, {}) for name in sorted(first | second)}
