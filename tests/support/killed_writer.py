"""Write many texts into an engine; run as a script it is the process that a test kills."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chromadb

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.chroma import add_documents as add_to_chroma
from qwen3_embed_integrations.chroma import open_collection

N, PART = 3000, 100
TEXTS = [f"text {i} of many" for i in range(N)]
DIMENSION = 64


@dataclass(frozen=True)
class Place:
    """Where a process writes: a folder or an address, and the name of the collection."""

    engine: str
    where: str
    name: str


@contextmanager
def opened(place: Place) -> Iterator[Any]:
    """Open the handle, or in FAISS the store, or in Chroma the collection; it is made if it is not there."""
    if place.engine == "faiss":
        yield _faiss(place)
    elif place.engine == "chroma":
        client = chromadb.PersistentClient(place.where)
        yield open_collection(client, place.name, backend="fake", dimension=DIMENSION)
    else:
        with _MADE[place.engine](place) as handle:
            if not handle.exists():
                handle.create(DIMENSION)
            yield handle


def write(place: Place, after_part: Callable[[], None] = lambda: None) -> None:
    """Add what is missing of all texts, a hundred at a time."""
    from qwen3_embed_integrations.stores import add_documents

    with opened(place) as collection:
        if place.engine in {"faiss", "chroma"}:
            for first in range(0, N, PART):
                _write_part(place, collection, TEXTS[first : first + PART])
                after_part()
            return
        sys.modules["qwen3_embed_integrations.stores.add_documents"].SLICE = PART  # type: ignore[attr-defined]
        stored = collection.write

        def write_and_tell(records: Any) -> None:
            stored(records)
            after_part()

        collection.write = write_and_tell
        add_documents(collection, TEXTS, TEXTS, encoder=_encoder(), existing="skip")


def read(place: Place) -> list[tuple[str, Any]]:
    """Return (text, embedding) of everything that is stored."""
    from qwen3_embed_integrations.stores import handle_of

    with opened(place) as collection:
        stored: list[tuple[str, Any]] = handle_of(collection).sample(2 * N)
        return stored


def _write_part(place: Place, collection: Any, texts: list[str]) -> None:
    if place.engine == "chroma":
        add_to_chroma(chromadb.PersistentClient(place.where), collection, texts, ids=texts)
        return
    from qwen3_embed_integrations.stores import add_documents
    from qwen3_embed_integrations.stores.faiss import save

    add_documents(collection, texts, texts, existing="skip")
    save(collection, place.where, collection.embeddings)


def _encoder() -> Qwen3Encoder:
    return Qwen3Encoder(backend="fake", dimension=DIMENSION)


@contextmanager
def _qdrant(place: Place) -> Iterator[Any]:
    from qdrant_client import QdrantClient

    from qwen3_embed_integrations.stores import QdrantHandle

    client = QdrantClient(path=place.where)
    yield QdrantHandle(client, place.name)
    client.close()


@contextmanager
def _milvus(place: Place) -> Iterator[Any]:
    from pymilvus import MilvusClient

    from qwen3_embed_integrations.stores import MilvusHandle

    folder = Path(place.where)
    folder.mkdir(exist_ok=True)
    client = MilvusClient(str(folder / "lite.db"))
    yield MilvusHandle(client, place.name)
    client.close()


@contextmanager
def _pgvector(place: Place) -> Iterator[Any]:
    from qwen3_embed_integrations.stores import PgvectorHandle

    with PgvectorHandle(place.where, place.name) as handle:
        yield handle


def _faiss(place: Place) -> Any:
    from qwen3_embed_integrations.langchain import Qwen3Embeddings
    from qwen3_embed_integrations.stores.faiss import load
    from vector_stores import faiss_store

    embeddings = Qwen3Embeddings(backend="fake", dimension=DIMENSION)
    with suppress(FileNotFoundError):
        return load(place.where, embeddings, allow_dangerous_deserialization=True)
    return faiss_store(embeddings)


_MADE = {"qdrant": _qdrant, "milvus": _milvus, "pgvector": _pgvector}


def tell(what: str) -> None:
    """Tell the test how far this process is."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    tell("writing")
    write(Place(*sys.argv[1:]), lambda: tell("part"))
