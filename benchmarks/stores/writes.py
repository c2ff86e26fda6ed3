"""Bulk writes: `add_documents` beside the stock `add_texts`, without the time of embedding."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable
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
    """Embeddings that are there already, as a stock adapter gets them."""

    def __init__(self, texts: list[str], documents: NDArray[np.float32]) -> None:
        self.known = dict(zip(texts, documents.tolist(), strict=True))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Look them up."""
        return [self.known.get(text) or self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return one of them: the probe of a dimension."""
        del text
        return next(iter(self.known.values()))


class ComputedEncoder(Qwen3Encoder):
    """An encoder whose documents are there already."""

    known: dict[str, NDArray[np.float32]]

    def encode_document(self, texts: Any) -> NDArray[np.float32]:
        """Look them up."""
        return np.stack([self.known[text] for text in texts])


def study(texts: list[str], documents: NDArray[np.float32]) -> list[dict[str, Any]]:
    """Return documents a second of both, for each engine."""
    stock = Computed(texts, documents)
    encoder = ComputedEncoder(backend="fake", model="0.6B")
    encoder.known = dict(zip(texts, documents, strict=True))
    return [run(texts, stock, encoder) for run in (_pgvector, _qdrant, _qdrant_in_memory, _milvus)]


def _compared(engine: str, texts: list[str], stock: Callable[[], Any], ours: Callable[[], Any]) -> dict[str, Any]:
    seconds = []
    for write in (stock, ours):
        start = time.perf_counter()
        write()
        seconds.append(time.perf_counter() - start)
    rates = [round(len(texts) / one, 1) for one in seconds]
    ratio = round(seconds[0] / seconds[1], 2)
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
            lambda: store.add_texts(texts),
            lambda: add_documents(handle, texts, [str(i) for i in range(len(texts))], encoder=encoder),
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
    ids = [str(uuid.uuid4()) for _ in texts]
    found = _compared(
        engine,
        texts,
        lambda: store.add_texts(texts, ids=ids),
        lambda: add_documents(QdrantHandle(client, "ours"), texts, ids, encoder=encoder),
    )
    client.close()
    return found


def _milvus(texts: list[str], stock: Computed, encoder: ComputedEncoder) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = MilvusClient(f"{folder}/lite.db")
        MilvusHandle(client, "ours").create(1024)
        index = {"index_type": "AUTOINDEX", "metric_type": "COSINE", "params": {}}
        store = Milvus(stock, collection_name="stock", connection_args={"uri": f"{folder}/lite.db"}, index_params=index)
        ids = [str(i) for i in range(len(texts))]
        found = _compared(
            "Milvus Lite",
            texts,
            lambda: store.add_texts(texts, ids=ids),
            lambda: add_documents(MilvusHandle(client, "ours"), texts, ids, encoder=encoder),
        )
        client.close()
        return found
