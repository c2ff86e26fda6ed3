"""llama-index-vector-stores-chroma: adds of more nodes than Chroma takes."""

from __future__ import annotations

from pathlib import Path

import chromadb
from llama_index.core.schema import TextNode
from llama_index.vector_stores.chroma import ChromaVectorStore
from probing import answer, probe


@probe
def big_add(checkpoint: Path) -> str:
    del checkpoint  # embeddings are given
    client = chromadb.EphemeralClient()
    store = ChromaVectorStore(chroma_collection=client.create_collection("li-big"))
    nodes = [TextNode(text="a", embedding=[1.0, 0.0]) for _ in range(client.get_max_batch_size() + 1)]
    return f"{len(store.add(nodes))} stored"


if __name__ == "__main__":
    answer()
