"""sentence-transformers-haystack: SentenceTransformersTextEmbedder and its document twin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from haystack import Document
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from probing import QUERY, answer, cosine, norm, outcome, probe


def _query(checkpoint: Path, **options: Any) -> list[float]:
    embedder = SentenceTransformersTextEmbedder(
        model=str(checkpoint), device=ComponentDevice.from_str("cpu"), progress_bar=False, **options
    )
    embedder.warm_up()
    return list(embedder.run(QUERY)["embedding"])


@probe
def query_instruction(checkpoint: Path) -> float:
    embedder = SentenceTransformersDocumentEmbedder(
        model=str(checkpoint), device=ComponentDevice.from_str("cpu"), progress_bar=False
    )
    embedder.warm_up()
    document = embedder.run([Document(content=QUERY)])["documents"][0]
    return cosine(_query(checkpoint), document.embedding)


@probe
def truncated_norm(checkpoint: Path) -> float:
    return norm(_query(checkpoint, truncate_dim=32))


@probe
def dimension_range(checkpoint: Path) -> str:
    seen = [outcome(lambda d=d: len(_query(checkpoint, truncate_dim=d))) for d in (-3, 0, 1000)]
    return ", ".join(str(one) for one in seen)


@probe
def async_run(checkpoint: Path) -> str:
    embedder = SentenceTransformersTextEmbedder(model=str(checkpoint))
    return "has run_async" if hasattr(embedder, "run_async") else "no run_async"


@probe
def telemetry(checkpoint: Path) -> str:
    embedder = SentenceTransformersTextEmbedder(model=str(checkpoint))
    told = getattr(embedder, "_get_telemetry_data", dict)()
    return ", ".join(sorted(told)) or "nothing"


if __name__ == "__main__":
    answer()
