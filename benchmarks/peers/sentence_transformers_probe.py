"""sentence-transformers: SentenceTransformer itself, which most peers use."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from probing import LONG, QUERY, answer, cosine, norm, outcome, probe
from sentence_transformers import SentenceTransformer


def _peer(checkpoint: Path, **options: Any) -> SentenceTransformer:
    return SentenceTransformer(str(checkpoint), device="cpu", **options)


@probe
def query_instruction(checkpoint: Path) -> float:
    peer = _peer(checkpoint)
    return cosine(peer.encode(QUERY), peer.encode_document(QUERY))


@probe
def truncated_norm(checkpoint: Path) -> float:
    return norm(_peer(checkpoint, truncate_dim=32).encode_query(QUERY))


@probe
def dimension_range(checkpoint: Path) -> str:
    seen = [outcome(lambda d=d: len(_peer(checkpoint, truncate_dim=d).encode_query(QUERY))) for d in (-3, 0, 1000)]
    return ", ".join(str(one) for one in seen)


@probe
def half_precision_norm(checkpoint: Path) -> float:
    peer = _peer(checkpoint, model_kwargs={"dtype": "bfloat16"})
    embeddings = peer.encode_document([f"text {i}" for i in range(50)], convert_to_tensor=True).float().numpy()
    return float(np.abs(np.linalg.norm(embeddings, axis=1) - 1).max())


@probe
def silent_truncation(checkpoint: Path) -> str:
    peer = _peer(checkpoint)
    peer.max_seq_length = 64
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        peer.encode_document(LONG)
    return f"{len(caught)} warnings"


if __name__ == "__main__":
    answer()
