"""Another model or dimension is refused in every engine, through the store object of every framework."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from haystack.utils import Secret
from haystack_integrations.document_stores.pgvector import PgvectorDocumentStore
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore
from langchain_milvus import Milvus
from langchain_postgres import PGEngine, PGVectorStore
from langchain_qdrant import QdrantVectorStore
from llama_index.vector_stores.faiss import FaissVectorStore
from llama_index.vector_stores.postgres import PGVectorStore as NodeTable
from llama_index.vector_stores.qdrant import QdrantVectorStore as NodeCollection
from milvus_haystack import MilvusDocumentStore

from qwen3_embed_integrations import ConfigError, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.stores import MilvusHandle, PgvectorHandle, QdrantHandle, add_documents, guarded
from qwen3_embed_integrations.stores.faiss import save
from vector_stores import faiss_store

TEXTS = [f"text {i}" for i in range(5)]
COSINE: dict[str, Any] = {"index_type": "AUTOINDEX", "metric_type": "COSINE", "params": {}}
Make = Callable[[Any], tuple[Any, dict[str, Any]]]


@pytest.fixture
def given(request: pytest.FixtureRequest, name: str, embeddings: Qwen3Embeddings, tmp_path: Path) -> Any:
    return SimpleNamespace(
        name=name, embeddings=embeddings, folder=tmp_path, fixture=request.getfixturevalue, closing=[]
    )


def _langchain_qdrant(given: Any) -> Any:
    client = given.fixture("qdrant")
    QdrantHandle(client, given.name).create(64)
    return QdrantVectorStore(client, given.name, embedding=given.embeddings), {}


def _llama_index_qdrant(given: Any) -> Any:
    client = given.fixture("qdrant")
    QdrantHandle(client, given.name).create(64)
    return NodeCollection(given.name, client=client), {}


def _haystack_qdrant(given: Any) -> Any:
    return QdrantDocumentStore(":memory:", index=given.name, embedding_dim=64), {}


def _langchain_milvus(given: Any) -> Any:
    client = given.fixture("milvus")
    MilvusHandle(client, given.name).create(64)
    connection = {"uri": client._config.uri}
    store = Milvus(given.embeddings, collection_name=given.name, connection_args=connection, index_params=COSINE)
    return store, {}


def _haystack_milvus(given: Any) -> Any:
    client = given.fixture("milvus")
    MilvusHandle(client, given.name).create(64)
    connection = {"uri": client._config.uri}
    return MilvusDocumentStore(collection_name=given.name, connection_args=connection, index_params=COSINE), {}


def _langchain_pgvector(given: Any) -> Any:
    uri = given.fixture("postgres")
    with PgvectorHandle(uri, given.name) as handle:
        handle.create(64)
    folder = uri.partition("host=")[2]
    engine = PGEngine.from_connection_string(f"postgresql+psycopg://postgres@/postgres?host={folder}")
    given.closing.append(lambda: engine._run_as_sync(engine.close()))
    return PGVectorStore.create_sync(engine, given.embeddings, given.name), {}


def _llama_index_pgvector(given: Any) -> Any:
    folder = given.fixture("postgres").partition("host=")[2]
    return NodeTable.from_params(
        connection_string=f"postgresql+psycopg2://postgres@/postgres?host={folder}",
        async_connection_string=f"postgresql+asyncpg://postgres@/postgres?host={folder}",
        table_name=given.name,
        embed_dim=64,
    ), {}


def _haystack_pgvector(given: Any) -> Any:
    secret = Secret.from_token(given.fixture("postgres"))
    names = {"table_name": given.name, "keyword_index_name": f"{given.name}_keywords"}  # one server for all tests
    store = PgvectorDocumentStore(connection_string=secret, embedding_dimension=64, **names)
    given.closing.append(lambda: store._connection.close())  # noqa: PLW0108 - it has none yet
    return store, {}


def _langchain_faiss(given: Any) -> Any:
    store = faiss_store(given.embeddings)
    add_documents(store, TEXTS, TEXTS)
    save(store, given.folder, given.embeddings)
    return store, {"folder": given.folder}


def _llama_index_faiss(given: Any) -> Any:
    store, options = _langchain_faiss(given)
    return FaissVectorStore(store.index), options


STORES: dict[str, Make] = {
    made.__name__.strip("_"): made
    for made in (
        _langchain_qdrant,
        _llama_index_qdrant,
        _haystack_qdrant,
        _langchain_milvus,
        _haystack_milvus,
        _langchain_pgvector,
        _llama_index_pgvector,
        _haystack_pgvector,
        _langchain_faiss,
        _llama_index_faiss,
    )
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, given: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield STORES[request.param](given)
    for close in given.closing:
        with suppress(AttributeError):  # a store that was never opened
            close()


def test_another_model_or_dimension_is_refused(store: tuple[Any, dict[str, Any]], embeddings: Qwen3Embeddings) -> None:
    one, options = store
    assert guarded(one, embeddings, **options) is one
    assert guarded(one, embeddings.with_task("qa"), **options) is one
    with pytest.raises(SpaceMismatchError, match="weights: stored"):
        guarded(one, Qwen3Encoder(backend="fake", model="4B", dimension=64), **options)
    with pytest.raises((SpaceMismatchError, ConfigError), match=r"now 32|embeddings have 32"):
        guarded(one, Qwen3Encoder(backend="fake", dimension=32), **options)
