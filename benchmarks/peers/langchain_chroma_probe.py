"""langchain-chroma: the store's own defaults."""

from __future__ import annotations

from pathlib import Path

import chromadb
from langchain_chroma import Chroma
from langchain_core.embeddings import DeterministicFakeEmbedding
from probing import answer, probe


@probe
def default_distance(checkpoint: Path) -> str:
    del checkpoint  # the store's default needs no model
    client = chromadb.EphemeralClient()
    Chroma("lc-space", client=client, embedding_function=DeterministicFakeEmbedding(size=8))
    return str(client.get_collection("lc-space", embedding_function=None).configuration_json["hnsw"]["space"])


@probe
def big_add(checkpoint: Path) -> str:
    del checkpoint  # same
    client = chromadb.EphemeralClient()
    store = Chroma("lc-big", client=client, embedding_function=DeterministicFakeEmbedding(size=8))
    return f"{len(store.add_texts(['a'] * (client.get_max_batch_size() + 1)))} stored"


if __name__ == "__main__":
    answer()
