"""Find answers in notes, in whichever vector database: the engine is one line.

pip install "qwen3-embed-integrations[torch,qdrant,milvus]"
"""

from __future__ import annotations

from pathlib import Path

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.stores import WritableHandle, add_documents, guarded

NOTES = {
    "sorted": "sorted() returns a new list in order; list.sort() sorts in place.",
    "csv": "The csv module reads and writes tables of comma-separated values.",
    "heapq": "A heap gives the smallest item first; heapq.nlargest finds the largest ones.",
    "shutil": "shutil.copytree copies a whole directory tree.",
    "statistics": "statistics.median is the middle value of some numbers.",
}
DIMENSION, FIRST = 256, 64


def open_qdrant() -> WritableHandle:
    """Qdrant in this process; QdrantClient("http://localhost:6333") for a server."""
    from qdrant_client import QdrantClient

    from qwen3_embed_integrations.stores import QdrantHandle

    handle = QdrantHandle(QdrantClient(":memory:"), "notes")
    handle.create(DIMENSION, first=FIRST)
    return handle


def open_milvus() -> WritableHandle:
    """Milvus Lite in a file; MilvusClient("http://localhost:19530") for a server."""
    from pymilvus import MilvusClient

    from qwen3_embed_integrations.stores import MilvusHandle

    handle = MilvusHandle(MilvusClient(str(Path("notes.db").absolute())), "notes")
    handle.create(DIMENSION, first=FIRST)
    return handle


def main() -> None:
    """Index the notes and ask."""
    encoder = Qwen3Encoder(model="tiny")
    handle = guarded(open_qdrant(), encoder)  # the one line: open_milvus()
    add_documents(handle, list(NOTES.values()), list(NOTES), encoder=encoder)
    for question in ("copy a folder", "the middle of some numbers"):
        (hit,) = handle.search(encoder.encode_query([question])[0], k=1, first=FIRST)
        print(f"{question}: {hit.id} ({hit.score:.2f}) {hit.text}")


if __name__ == "__main__":
    main()
