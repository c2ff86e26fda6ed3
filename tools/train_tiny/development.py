"""Judges the student while it trains: three manuals, no part of the training, searched by their headings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import Qwen3Model

from .batches import cut, pad
from .corpus import read_corpus
from .evalsets import RetrievalSet
from .forward import last_token
from .metrics import ndcg_at_10, unit
from .prompts import QUERY_PROMPT

WIDTHS = (256, 64)
_MAX_LENGTH = 512
_BATCH_TOKENS = 16_384


def load_development(path: Path) -> RetrievalSet:
    """Return the headings of the three manuals as queries, their sections as documents."""
    units = [unit for unit in read_corpus(path) if unit.lang == "en"]
    documents = [unit.text for unit in units if unit.role == "passage"]
    rows = {text: row for row, text in enumerate(documents)}
    asked = [unit for unit in units if unit.answer in rows]
    relevant = [frozenset({rows[unit.answer or ""]}) for unit in asked]
    return RetrievalSet("development", [unit.text for unit in asked], documents, relevant)


def development_figures(model: Qwen3Model, tokenizer: Tokenizer, dataset: RetrievalSet) -> dict[int, float]:
    """Return nDCG@10 at each of `WIDTHS`, the queries behind the default instruction."""
    documents = _encode(model, tokenizer, dataset.documents)
    queries = _encode(model, tokenizer, [QUERY_PROMPT + text for text in dataset.queries])
    return {width: ndcg_at_10(unit(queries, width) @ unit(documents, width).T, dataset) for width in WIDTHS}


def _encode(model: Qwen3Model, tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    sequences = [cut(encoding.ids, _MAX_LENGTH) for encoding in tokenizer.encode_batch_fast(texts)]
    rows = np.empty((len(texts), model.config.hidden_size), np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(sequences[i]))
    while order:
        size = max(1, _BATCH_TOKENS // len(sequences[order[-1]]))
        chosen, order = order[-size:], order[:-size]
        batch = pad([sequences[i] for i in chosen], np.array(chosen))
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            rows[batch.rows] = last_token(model, batch.ids, batch.lengths).numpy()
    return rows
