"""chroma-haystack: the store's own defaults."""

from __future__ import annotations

from pathlib import Path

import chromadb
from haystack_integrations.document_stores.chroma import ChromaDocumentStore
from probing import answer, probe


@probe
def default_distance(checkpoint: Path) -> str:
    del checkpoint  # the store's default needs no model
    ChromaDocumentStore(collection_name="hs-space").count_documents()  # creates it, in this process's memory
    stored = chromadb.EphemeralClient().get_collection("hs-space", embedding_function=None)
    return str(stored.configuration_json["hnsw"]["space"])


if __name__ == "__main__":
    answer()
