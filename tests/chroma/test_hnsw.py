"""A new collection finds the nearest embedding, also where most embeddings are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.api import ClientAPI

from qwen3_embed_integrations.chroma import HNSW, open_collection
from qwen3_embed_integrations.core.types import FloatArray
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.rag.index import open_index

N_TEXTS, DIMENSION, N_TOPICS, N_QUERIES = 4000, 64, 800, 300
BATCH = 256


def crowded() -> tuple[FloatArray, FloatArray]:
    """Return embeddings, seven in ten crowded around one point, in the order of their topics, and queries far off."""
    draw = np.random.default_rng(0)
    topics = draw.normal(size=(N_TOPICS, DIMENSION))
    topic = np.sort(draw.integers(N_TOPICS, size=N_TEXTS))
    vectors = topics[topic] + 0.3 * draw.normal(size=(N_TEXTS, DIMENSION))
    alike = draw.random(N_TEXTS) < 0.7
    vectors[alike] = topics[0] + 0.05 * draw.normal(size=(int(alike.sum()), DIMENSION))
    asked = topics[draw.choice(topic[~alike], size=N_QUERIES)] + 1.5 * draw.normal(size=(N_QUERIES, DIMENSION))
    return unit(vectors), unit(asked)


def unit(vectors: Any) -> FloatArray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_the_nearest_embedding_is_found_among_many_that_are_alike(client: ClientAPI, checkpoint: Path) -> None:
    vectors, queries = crowded()
    collection = open_collection(client, "crowd", model=str(checkpoint))
    for first in range(0, N_TEXTS, BATCH):
        part = vectors[first : first + BATCH]
        collection.add(ids=[str(first + i) for i in range(len(part))], embeddings=part)
    found = collection.query(query_embeddings=queries, n_results=1)["ids"]
    nearest = (queries @ vectors.T).argmax(axis=1)
    hits = np.mean([int(ids[0]) == i for ids, i in zip(found, nearest, strict=True)])
    assert hits > 0.98  # Chroma's own graph: 0.94


@pytest.mark.parametrize(
    ("given", "metadata", "expected"),
    [
        (None, None, {"space": "cosine", **HNSW}),
        ({"hnsw": {"ef_search": 50}}, None, {"space": "cosine", **HNSW, "ef_search": 50}),
        ({"hnsw": {"space": "ip"}}, None, {"space": "ip", **HNSW}),
        (None, {"hnsw:space": "l2"}, {"space": "l2", "ef_construction": 100, "ef_search": 100}),
    ],
)
def test_what_the_caller_chooses_stands(
    client: ClientAPI, checkpoint: Path, given: Any, metadata: Any, expected: dict[str, Any]
) -> None:
    collection = open_collection(client, "docs", model=str(checkpoint), configuration=given, metadata=metadata)
    stored = collection.configuration_json["hnsw"]
    assert {name: stored[name] for name in expected} == expected


def test_the_index_of_the_rag_command_is_built_with_that_effort(checkpoint: Path, tmp_path: Path) -> None:
    with open_index(tmp_path / "ix", Qwen3Embeddings(model=str(checkpoint)), corpus="notes") as index:
        stored = index._collection.configuration_json["hnsw"]
    assert {name: stored[name] for name in HNSW} == HNSW
