"""Bulk writes: `add_documents` beside the stock `add_texts`, without the time of embedding."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from langchain_milvus import Milvus
from langchain_postgres import PGEngine, PGVectorStore
from langchain_qdrant import QdrantVectorStore
from numpy.typing import NDArray
from pgvector_study import server
from pymilvus import MilvusClient
from qdrant_client import QdrantClient

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.stores import MilvusHandle, PgvectorHandle, QdrantHandle, add_documents


class Computed(Embeddings):
    """Embeddings that are there already, as lists that are made at the call, as Qwen3Embeddings does."""

    def __init__(self, texts: list[str], documents: NDArray[np.float32]) -> None:
        self.known = dict(zip(texts, documents, strict=True))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Look them up."""
        return [self.known[text].tolist() if text in self.known else self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return one of them: the probe of a dimension."""
        del text
        return [float(number) for number in next(iter(self.known.values()))]


class ComputedEncoder(Qwen3Encoder):
    """An encoder whose documents are there already."""

    known: dict[str, NDArray[np.float32]]

    def encode_document(self, texts: Any) -> NDArray[np.float32]:
        """Look them up."""
        return np.stack([self.known[text] for text in texts])


def study(texts: list[str], documents: NDArray[np.float32], only: list[str]) -> Iterator[dict[str, Any]]:
    """Yield documents a second of both, for each engine; `only` names some of them."""
    stock = Computed(texts, documents)
    encoder = ComputedEncoder(backend="fake", model="0.6B")
    encoder.known = dict(zip(texts, documents, strict=True))
    for name in only or _ENGINES:
        yield _ENGINES[name](texts, stock, encoder)


_PARTS = 3  # written by both in turn; the better one counts, on a machine with other programs
Write = Callable[[list[str], list[str]], Any]
"""Texts and ids."""


def _compared(engine: str, texts: list[str], stock: Write, ours: Write) -> dict[str, Any]:
    ids = [str(uuid.uuid4()) for _ in texts]
    rates = [0.0, 0.0]
    bounds = [0, 10, *range(10 + (len(texts) - 10) // _PARTS, len(texts) + 1, (len(texts) - 10) // _PARTS)]
    for first, last in pairwise(bounds):
        for i, write in enumerate((stock, ours)):
            start = time.perf_counter()
            write(texts[first:last], ids[first:last])
            rate = (last - first) / (time.perf_counter() - start)
            if first:  # the first ten load what is loaded at the first use
                rates[i] = max(rates[i], round(rate, 1))
    ratio = round(rates[1] / rates[0], 2)
    return {"engine": engine, "n": len(texts), "stock": rates[0], "add_documents": rates[1], "times_faster": ratio}


def _pgvector(texts: list[str], stock: Computed, encoder: ComputedEncoder) -> dict[str, Any]:
    with server() as uri, PgvectorHandle(uri, "ours") as handle:
        handle.create(1024)
        folder = uri.partition("host=")[2]
        engine = PGEngine.from_connection_string(f"postgresql+psycopg://postgres@/postgres?host={folder}")
        engine.init_vectorstore_table("stock", vector_size=1024)
        store = PGVectorStore.create_sync(engine, stock, "stock")
        found = _compared(
            "pgvector",
            texts,
            lambda part, ids: store.add_texts(part, ids=ids),
            lambda part, ids: add_documents(handle, part, ids, encoder=encoder),
        )
        engine._run_as_sync(engine.close())  # noqa: SLF001 - the one way to close it
        return found


def _qdrant(texts: list[str], stock: Computed, encoder: ComputedEncoder) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return _with_qdrant("Qdrant, local mode in a folder", QdrantClient(path=folder), texts, stock, encoder)


def _qdrant_in_memory(texts: list[str], stock: Computed, encoder: ComputedEncoder) -> dict[str, Any]:
    return _with_qdrant("Qdrant, local mode in memory", QdrantClient(":memory:"), texts, stock, encoder)


def _with_qdrant(
    engine: str, client: QdrantClient, texts: list[str], stock: Computed, encoder: ComputedEncoder
) -> dict[str, Any]:
    for name in ("stock", "ours"):
        QdrantHandle(client, name).create(1024)
    store = QdrantVectorStore(client, "stock", embedding=stock)
    found = _compared(
        engine,
        texts,
        lambda part, ids: store.add_texts(part, ids=ids),
        lambda part, ids: add_documents(QdrantHandle(client, "ours"), part, ids, encoder=encoder),
    )
    client.close()
    return found


def _milvus(texts: list[str], stock: Computed, encoder: ComputedEncoder) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = MilvusClient(f"{folder}/lite.db")
        MilvusHandle(client, "ours").create(1024)
        index = {"index_type": "AUTOINDEX", "metric_type": "COSINE", "params": {}}
        store = Milvus(stock, collection_name="stock", connection_args={"uri": f"{folder}/lite.db"}, index_params=index)
        found = _compared(
            "Milvus Lite",
            texts,
            lambda part, ids: store.add_texts(part, ids=ids),
            lambda part, ids: add_documents(MilvusHandle(client, "ours"), part, ids, encoder=encoder),
        )
        client.close()
        return found


_ENGINES = {"pgvector": _pgvector, "qdrant": _qdrant, "qdrant-memory": _qdrant_in_memory, "milvus": _milvus}
