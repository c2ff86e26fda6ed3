"""A lone surrogate among 1,500 texts: all are written, with U+FFFD, or none is and its index is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from haystack import Document
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.document_stores.chroma import ChromaDocumentStore
from langchain_chroma import Chroma
from langchain_core.documents import Document as LangChainDocument
from langchain_core.vectorstores import InMemoryVectorStore
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.vector_stores.chroma import ChromaVectorStore

from haystack_integrations.components.embedders.qwen3 import Qwen3DocumentEmbedder
from qwen3_embed_integrations import InputEncodingError
from qwen3_embed_integrations.chroma import open_collection
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.llama_index import Qwen3Embedding, storable_nodes

ODD, AT = "half a pair \ud835", 1200
TEXTS = [ODD if i == AT else f"text {i}" for i in range(1500)]
IDS = [str(i) for i in range(1500)]
SAYS = rf"{AT} holds a lone surrogate \(U\+D835, character 12\)"


@pytest.fixture
def options(checkpoint: Path) -> dict[str, Any]:
    return {"model": str(checkpoint), "dimension": 32}


def test_chroma_rejects_its_own_add_whole(tmp_path: Path, options: dict[str, Any]) -> None:
    collection = open_collection(chromadb.PersistentClient(str(tmp_path)), "docs", **options)
    with pytest.raises(InputEncodingError, match=SAYS):
        collection.add(ids=IDS, documents=TEXTS)
    assert collection.count() == 0


def test_langchain_stores_reject_it_whole(tmp_path: Path, options: dict[str, Any]) -> None:
    embeddings = Qwen3Embeddings(**options)
    store = Chroma("docs", embeddings, persist_directory=str(tmp_path))
    memory = InMemoryVectorStore(embeddings)
    for write in (store.add_texts, memory.add_texts):
        with pytest.raises(InputEncodingError, match=SAYS):
            write(TEXTS, ids=IDS)
    with pytest.raises(InputEncodingError, match=SAYS):
        store.add_documents([LangChainDocument(text) for text in TEXTS])
    assert (store._collection.count(), len(memory.store)) == (0, 0)


async def test_langchain_stores_reject_it_whole_when_async(options: dict[str, Any]) -> None:
    memory = InMemoryVectorStore(Qwen3Embeddings(**options))
    with pytest.raises(InputEncodingError, match=SAYS):
        await memory.aadd_texts(TEXTS, ids=IDS)
    assert not memory.store


def test_llama_index_rejects_it_whole(options: dict[str, Any]) -> None:
    collection: Any = chromadb.EphemeralClient().get_or_create_collection("whole_writes", embedding_function=None)
    storage = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
    nodes = [TextNode(text=text, id_=name) for text, name in zip(TEXTS, IDS, strict=True)]
    with pytest.raises(InputEncodingError, match=SAYS):
        VectorStoreIndex(nodes, storage_context=storage, embed_model=Qwen3Embedding(**options))
    assert collection.count() == 0


def test_llama_index_says_that_earlier_parts_are_written_and_how_all_are(options: dict[str, Any]) -> None:
    client = chromadb.EphemeralClient()
    nodes = [TextNode(text=text, id_=name) for text, name in zip(TEXTS, IDS, strict=True)]

    def write(name: str, given: list[Any]) -> Any:
        collection: Any = client.get_or_create_collection(name, embedding_function=None)
        storage = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
        VectorStoreIndex(
            given, storage_context=storage, embed_model=Qwen3Embedding(**options), insert_batch_size=AT // 2
        )
        return collection

    with pytest.raises(InputEncodingError, match=r"storable_nodes\(nodes\).*earlier parts are in the store now"):
        write("parts", nodes)
    assert client.get_collection("parts").count() == AT
    written = write("parts_whole", storable_nodes(nodes))
    assert written.count() == len(TEXTS)
    assert written.get(ids=[str(AT)])["documents"] == ["half a pair \ufffd"]


async def test_llama_index_rejects_single_texts(options: dict[str, Any]) -> None:
    embedding = Qwen3Embedding(**options)
    with pytest.raises(InputEncodingError, match="Text 0 holds"):
        embedding.get_text_embedding(ODD)
    with pytest.raises(InputEncodingError, match="Text 0 holds"):
        await embedding.aget_text_embedding(ODD)
    assert embedding.get_query_embedding(ODD) == embedding.get_query_embedding("half a pair \ufffd")


def test_haystack_stores_hold_the_text_that_was_embedded(options: dict[str, Any]) -> None:
    documents = [
        Document(content=text, id=name, meta={"title": ODD, "tags": [ODD], "n": {ODD: 1}})
        for text, name in zip(TEXTS, IDS, strict=True)
    ]
    embedded = Qwen3DocumentEmbedder(**options).run(documents)["documents"]
    whole = "half a pair \ufffd"
    assert embedded[AT].meta == {"title": whole, "tags": [whole], "n": {whole: 1}}
    memory = InMemoryDocumentStore()
    DocumentWriter(memory).run(embedded)
    flat = [
        Document(content=one.content, id=one.id, embedding=one.embedding) for one in embedded[AT - 20 : AT + 20]
    ]  # it writes one by one
    chroma = ChromaDocumentStore("haystack_whole_writes")
    assert DocumentWriter(chroma).run(flat) == {"documents_written": len(flat)}
    for store in (memory, chroma):
        (found,) = [one for one in store.filter_documents() if one.id == str(AT)]
        assert found.content == whole
    expected = Qwen3DocumentEmbedder(**options).run([Document(content=whole)])["documents"][0].embedding
    np.testing.assert_allclose(embedded[AT].embedding, expected, atol=1e-6)
    assert documents[AT].content == ODD  # the caller's own documents stay


def test_haystack_hands_whole_documents_on_unchanged(options: dict[str, Any]) -> None:
    (embedded,) = Qwen3DocumentEmbedder(**options).run([Document(content="whole", meta={"k": 1})])["documents"]
    assert (embedded.content, embedded.meta) == ("whole", {"k": 1})
