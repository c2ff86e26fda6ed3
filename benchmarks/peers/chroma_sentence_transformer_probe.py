"""Chroma's own SentenceTransformerEmbeddingFunction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chromadb
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
from probing import QUERY, answer, cosine, norm, probe
from retraining import retrained


def _peer(checkpoint: Path, **options: Any) -> SentenceTransformerEmbeddingFunction:
    SentenceTransformerEmbeddingFunction.models.clear()
    return SentenceTransformerEmbeddingFunction(model_name=str(checkpoint), **options)


@probe
def query_instruction(checkpoint: Path) -> float:
    peer = _peer(checkpoint)
    return cosine(peer.embed_query([QUERY])[0], peer([QUERY])[0])


@probe
def truncated_norm(checkpoint: Path) -> float:
    return norm(_peer(checkpoint, truncate_dim=32)([QUERY])[0])


@probe
def model_cache(checkpoint: Path) -> str:
    _peer(checkpoint)
    second = SentenceTransformerEmbeddingFunction(model_name=str(checkpoint), truncate_dim=32)
    return f"embedding length {len(second([QUERY])[0])}"


@probe
def other_space(checkpoint: Path) -> str:
    client = chromadb.EphemeralClient()
    client.create_collection("peer", embedding_function=_peer(checkpoint)).add(ids=["a"], documents=[QUERY])
    other = client.get_collection("peer", embedding_function=_peer(retrained(checkpoint)))
    distances = other.query(query_texts=[QUERY], n_results=1)["distances"] or [[float("nan")]]
    return f"opens; distance {distances[0][0]:.2f} of a text to itself"


@probe
def big_add(checkpoint: Path) -> str:
    client = chromadb.EphemeralClient()
    collection = client.create_collection("big", embedding_function=_peer(checkpoint))
    n_texts = client.get_max_batch_size() + 1
    # given embeddings: Chroma would compute them before it refuses the call
    collection.add(ids=[str(i) for i in range(n_texts)], embeddings=[[1.0, 0.0]] * n_texts)
    return f"{collection.count()} stored"


if __name__ == "__main__":
    answer()
