"""Find answers in notes, in whichever vector database: the engine is one line.

pip install "qwen3-embed-integrations[torch,qdrant,milvus,pgvector]"
"""

from __future__ import annotations

import os

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.stores import MilvusHandle, PgvectorHandle, QdrantHandle, add_documents, guarded

NOTES = {
    "sorted": "sorted() returns a new list in order; list.sort() sorts in place.",
    "csv": "The csv module reads and writes tables of comma-separated values.",
    "heapq": "A heap gives the smallest item first; heapq.nlargest finds the largest ones.",
    "shutil": "shutil.copytree copies a whole directory tree.",
    "statistics": "statistics.median is the middle value of some numbers.",
}
DIMENSION, FIRST = 256, 64


def open_qdrant() -> QdrantHandle:
    """Qdrant in this process; QdrantClient("http://localhost:6333") for a server."""
    from qdrant_client import QdrantClient

    handle = QdrantHandle(QdrantClient(":memory:"), "notes")
    handle.create(DIMENSION, first=FIRST)
    return handle


def open_milvus() -> MilvusHandle:
    """Milvus Lite in a file; MilvusClient("http://localhost:19530") for a server."""
    from pymilvus import MilvusClient

    handle = MilvusHandle(MilvusClient("notes.db"), "notes")
    handle.create(DIMENSION, first=FIRST)
    return handle


def open_pgvector() -> PgvectorHandle:
    """PostgreSQL with pgvector at an address such as postgresql://localhost/database."""
    handle = PgvectorHandle(os.environ["DATABASE_URL"], "notes")
    handle.create(DIMENSION)
    handle.create_index(first=FIRST)
    return handle


def main() -> None:
    """Index the notes and ask."""
    encoder = Qwen3Encoder(model="tiny")
    handle = guarded(open_qdrant(), encoder)  # the one line
    add_documents(handle, list(NOTES.values()), list(NOTES), encoder=encoder)
    for question in ("copy a folder", "the middle of some numbers"):
        (hit,) = handle.search(encoder.encode_query([question])[0], k=1, first=FIRST)
        print(f"{question}: {hit.id} ({hit.score:.2f}) {hit.text}")


if __name__ == "__main__":
    main()
