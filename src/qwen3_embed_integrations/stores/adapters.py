"""The handle of a framework's store object, found by the name of its class: no framework is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qwen3_embed_integrations.core.errors import ConfigError

from .handle import CollectionHandle, WritableHandle
from .labelled import ChromaHandle, PineconeHandle, WeaviateHandle


def handle_of(store: Any, *, folder: str | Path | None = None, **client: Any) -> CollectionHandle:
    """Return the handle over the raw client of a framework's store; a handle is returned as it is.

    Args:
        store: A vector store of LangChain, LlamaIndex or Haystack, a Chroma collection or a FAISS index.
        folder: For FAISS: where the index is saved.
        **client: What the store hides, such as `client=` for Pinecone.

    Raises:
        ConfigError: No known store.
    """
    if isinstance(store, CollectionHandle):
        return store
    for kind in type(store).__mro__:
        found = _ADAPTERS.get((kind.__module__.partition(".")[0], kind.__name__)) or _ADAPTERS.get(
            (".".join(kind.__module__.split(".")[:3]), kind.__name__)
        )
        if found is not None:
            return found(store, {"folder": folder, **client})
    raise ConfigError(
        f"Found a {type(store).__module__}.{type(store).__name__}, which is no known vector store. Give a store of "
        "LangChain, LlamaIndex or Haystack over Qdrant, Milvus, pgvector, FAISS, Chroma, Weaviate or Pinecone, or a "
        "handle, such as QdrantHandle(client, collection)."
    )


def _langchain_qdrant(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .qdrant import QdrantHandle

    return QdrantHandle(
        store.client,
        store.collection_name,
        vector=store.vector_name,
        text_key=store.content_payload_key,
        metadata_key=store.metadata_payload_key,
    )


def _llama_index_qdrant(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .qdrant import QdrantHandle

    return _of_nodes(QdrantHandle(store.client, store.collection_name, text_key=store.text_key or "text"))


def _haystack_qdrant(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .qdrant import QdrantHandle

    store._initialize_client()  # noqa: SLF001 - the store makes its client, and the collection, at the first use
    handle = QdrantHandle(store._client, store.index, text_key="content", metadata_key="meta")  # noqa: SLF001
    return _of_documents(handle)


def _langchain_milvus(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .milvus import MilvusHandle

    return MilvusHandle(
        store.client,
        store.collection_name,
        primary=store._primary_field,  # noqa: SLF001 - langchain-milvus 0.4 shows its fields nowhere else
        text=store._text_field,  # noqa: SLF001
        metadata=store._metadata_field,  # noqa: SLF001
    )


def _llama_index_milvus(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .milvus import MilvusHandle

    return _of_nodes(
        MilvusHandle(
            store.client,
            store.collection_name,
            vector=store.embedding_field,
            primary="id",
            text=store.text_key or "text",
        )
    )


def _haystack_milvus(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .milvus import MilvusHandle

    handle = MilvusHandle(
        store.client,
        store.collection_name,
        vector=store._vector_field,  # noqa: SLF001 - milvus-haystack 0.1 shows its fields nowhere else
        primary=store._primary_field,  # noqa: SLF001
        text=store._text_field,  # noqa: SLF001
    )
    return _of_documents(handle)


def _langchain_pgvector(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .pgvector import PgvectorHandle
    from .pgvector_sql import PgvectorColumns

    inner = getattr(store, "_PGVectorStore__vs", store)  # langchain-postgres 0.0.19 hides its table behind this name
    if inner.metadata_columns:
        raise ConfigError(
            f"The store keeps metadata in columns of their own ({', '.join(inner.metadata_columns)}), which "
            "stores doesn't write. Check it with a handle: "
            "PgvectorHandle(connection, table, columns=PgvectorColumns(…))."
        )
    columns = PgvectorColumns(
        inner.id_column, inner.content_column, inner.embedding_column, inner.metadata_json_column or None
    )
    url = inner.engine.url
    return PgvectorHandle(_conninfo(url), inner.table_name, schema=inner.schema_name, columns=columns)


def _llama_index_pgvector(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .pgvector import PgvectorHandle
    from .pgvector_sql import KNOWN_COLUMNS

    store._initialize()  # noqa: SLF001 - it makes the table, at the first use otherwise
    columns = KNOWN_COLUMNS[1]
    url = store._engine.url  # noqa: SLF001 - connection_string is masked
    handle = PgvectorHandle(_conninfo(url), f"data_{store.table_name}", schema=store.schema_name, columns=columns)
    return _of_nodes(handle)


def _haystack_pgvector(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    from .pgvector import PgvectorHandle
    from .pgvector_sql import KNOWN_COLUMNS

    store._ensure_db_setup()  # noqa: SLF001 - it makes the table, at the first use otherwise
    columns = KNOWN_COLUMNS[2]
    connection = store.connection_string.resolve_value()
    return _of_documents(PgvectorHandle(connection, store.table_name, schema=store.schema_name, columns=columns))


def _langchain_faiss(store: Any, given: Mapping[str, Any]) -> CollectionHandle:
    from .faiss import FaissHandle

    return FaissHandle(store.index, store=store, folder=given["folder"], index_name=given.get("index_name", "index"))


def _llama_index_faiss(store: Any, given: Mapping[str, Any]) -> CollectionHandle:
    from .faiss import FaissHandle

    return FaissHandle(store.client, folder=given["folder"], index_name=given.get("index_name", "index"))


def _faiss_index(index: Any, given: Mapping[str, Any]) -> CollectionHandle:
    from .faiss import FaissHandle

    return FaissHandle(index, folder=given["folder"], index_name=given.get("index_name", "index"))


def _chroma(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    if hasattr(store, "_ensure_initialized"):  # Haystack's makes its collection at the first use
        store._ensure_initialized()  # noqa: SLF001
    return ChromaHandle(store._collection)  # noqa: SLF001 - all three frameworks call it so


def _langchain_weaviate(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    return WeaviateHandle(store._client, store._index_name, text=store._text_key)  # noqa: SLF001


def _llama_index_weaviate(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    return WeaviateHandle(store.client, store.index_name, text=store.text_key)


def _haystack_weaviate(store: Any, _: Mapping[str, Any]) -> CollectionHandle:
    return WeaviateHandle(store.client, store.collection.name, text="content")


def _pinecone(_: Any, given: Mapping[str, Any]) -> CollectionHandle:
    if "client" not in given or "index" not in given:
        raise ConfigError(
            "A Pinecone store knows neither its client nor the name of its index. "
            "Give them: guarded(store, encoder, client=Pinecone(…), index='name')."
        )
    return PineconeHandle(given["client"], given["index"], namespace=given.get("namespace", ""))


def _of_nodes(handle: WritableHandle) -> WritableHandle:
    handle.write_with = (
        "LlamaIndex keeps nodes in a form of its own. Give them to its index (VectorStoreIndex, index.insert_nodes): "
        "Qwen3Embedding plans all their texts as one call"
    )
    return handle


def _of_documents(handle: WritableHandle) -> WritableHandle:
    handle.write_with = (
        "Haystack keeps documents in a form of its own. Embed them by Qwen3DocumentEmbedder, which plans all as one "
        "call, and give them to DocumentWriter(store, policy=DuplicatePolicy.OVERWRITE)"
    )
    return handle


def _conninfo(url: Any) -> str:
    """Return SQLAlchemy's URL as PostgreSQL's own."""
    return str(url.set(drivername="postgresql").render_as_string(hide_password=False))


_ADAPTERS: Mapping[tuple[str, str], Callable[[Any, Mapping[str, Any]], CollectionHandle]] = {
    ("langchain_qdrant", "QdrantVectorStore"): _langchain_qdrant,
    ("llama_index.vector_stores.qdrant", "QdrantVectorStore"): _llama_index_qdrant,
    ("haystack_integrations.document_stores.qdrant", "QdrantDocumentStore"): _haystack_qdrant,
    ("langchain_milvus", "Milvus"): _langchain_milvus,
    ("llama_index.vector_stores.milvus", "MilvusVectorStore"): _llama_index_milvus,
    ("milvus_haystack", "MilvusDocumentStore"): _haystack_milvus,
    ("langchain_postgres", "PGVectorStore"): _langchain_pgvector,
    ("langchain_postgres", "AsyncPGVectorStore"): _langchain_pgvector,
    ("llama_index.vector_stores.postgres", "PGVectorStore"): _llama_index_pgvector,
    ("haystack_integrations.document_stores.pgvector", "PgvectorDocumentStore"): _haystack_pgvector,
    ("langchain_community", "FAISS"): _langchain_faiss,
    ("llama_index.vector_stores.faiss", "FaissVectorStore"): _llama_index_faiss,
    ("faiss", "Index"): _faiss_index,
    ("langchain_chroma", "Chroma"): _chroma,
    ("llama_index.vector_stores.chroma", "ChromaVectorStore"): _chroma,
    ("haystack_integrations.document_stores.chroma", "ChromaDocumentStore"): _chroma,
    ("chromadb", "Collection"): lambda collection, _: ChromaHandle(collection),
    ("langchain_weaviate", "WeaviateVectorStore"): _langchain_weaviate,
    ("llama_index.vector_stores.weaviate", "WeaviateVectorStore"): _llama_index_weaviate,
    ("haystack_integrations.document_stores.weaviate", "WeaviateDocumentStore"): _haystack_weaviate,
    ("langchain_pinecone", "PineconeVectorStore"): _pinecone,
    ("llama_index.vector_stores.pinecone", "PineconeVectorStore"): _pinecone,
    ("haystack_integrations.document_stores.pinecone", "PineconeDocumentStore"): _pinecone,
}
