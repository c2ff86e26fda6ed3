"""The handle of a store object is found by the name of its class, and no framework is imported for it."""

from __future__ import annotations

from typing import Any

import chromadb
import pytest
from haystack_integrations.document_stores.chroma import ChromaDocumentStore
from langchain_chroma import Chroma
from langchain_milvus import Milvus
from langchain_qdrant import QdrantVectorStore
from llama_index.vector_stores.chroma import ChromaVectorStore
from llama_index.vector_stores.qdrant import QdrantVectorStore as NodeStore
from milvus_haystack import MilvusDocumentStore

from processes import in_a_fresh_process
from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.stores import ChromaHandle, FaissHandle, MilvusHandle, QdrantHandle, handle_of
from qwen3_embed_integrations.stores.faiss import create_index
from vector_stores import faiss_store


def test_a_handle_is_its_own(qdrant: Any) -> None:
    handle = QdrantHandle(qdrant, "docs")
    assert handle_of(handle) is handle


def test_qdrant_is_found_in_the_frameworks_own_words(qdrant: Any, embeddings: Any) -> None:
    QdrantHandle(qdrant, "docs").create(64)
    langchain = handle_of(
        QdrantVectorStore(qdrant, "docs", embedding=embeddings, content_payload_key="t", metadata_payload_key="m")
    )
    assert isinstance(langchain, QdrantHandle)
    assert (langchain.collection, langchain.text_key, langchain.metadata_key) == ("docs", "t", "m")
    nodes = handle_of(NodeStore("docs", client=qdrant))
    assert isinstance(nodes, QdrantHandle)
    assert "VectorStoreIndex" in nodes.write_with


def test_milvus_is_found_in_the_frameworks_own_words(milvus: Any, name: str, embeddings: Any) -> None:
    MilvusHandle(milvus, name).create(64)
    connection = {"uri": milvus._config.uri}
    store = Milvus(embeddings, collection_name=name, connection_args=connection, metadata_field="meta")
    handle = handle_of(store)
    assert isinstance(handle, MilvusHandle)
    assert (handle.primary, handle.text, handle.metadata) == ("pk", "text", "meta")
    documents = handle_of(MilvusDocumentStore(collection_name=name, connection_args=connection))
    assert "DocumentWriter" in documents.write_with


def test_faiss_is_found_with_or_without_a_store(embeddings: Any) -> None:
    for one in (faiss_store(embeddings), create_index(64), create_index(64, first=16)):
        handle = handle_of(one)
        assert isinstance(handle, FaissHandle)
        assert handle.info().dimension == 64


def test_chroma_is_found_in_all_frameworks(embeddings: Any, name: str) -> None:
    client = chromadb.EphemeralClient()
    collection = client.get_or_create_collection(name)
    stores = [
        Chroma(name, embeddings, client=client),
        ChromaVectorStore(chroma_collection=collection),
        ChromaDocumentStore(name),
        collection,
    ]
    for one in stores:
        handle = handle_of(one)
        assert isinstance(handle, ChromaHandle)
        assert handle.collection.name == name


def test_another_object_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"Found a builtins\.list, which is no known vector store"):
        handle_of([])


def test_a_hidden_client_is_asked_for() -> None:
    pinecone = type("PineconeVectorStore", (), {"__module__": "langchain_pinecone.vectorstores"})
    with pytest.raises(ConfigError, match=r"guarded\(store, encoder, client="):
        handle_of(pinecone())
    handle = handle_of(pinecone(), client=object(), index="docs")
    assert handle.where == "Pinecone index 'docs'"


def test_the_package_loads_no_engine_and_no_framework() -> None:
    names = ["qdrant_client", "pymilvus", "psycopg", "faiss", "chromadb", "langchain_core", "llama_index", "torch"]
    code = (
        "import sys; from qwen3_embed_integrations import stores;"
        f"print([name for name in {names!r} if name in sys.modules])"
    )
    assert in_a_fresh_process(code) == "[]"
