"""The four integrations, each through its own framework's Chroma store: what the one-space laws are tested with."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import chromadb

COLLECTION = "docs"


class Integration(ABC):
    """One framework: its embedder and its store, over a Chroma directory that is already open."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.options = options
        self.client = chromadb.PersistentClient(str(folder))

    @abstractmethod
    def guarded(self) -> Any:
        """Gives what `open_collection` takes as the encoder."""

    @abstractmethod
    def add(self, texts: list[str], ids: list[str]) -> None:
        """Indexes the texts as the framework's users do."""

    @abstractmethod
    def embed_query(self, query: str) -> list[float]:
        """Gives the query's vector."""

    @abstractmethod
    def search(self, query: str, n_results: int) -> list[str]:
        """Gives ids, nearest first, as the framework's users get them."""


class LangChainIntegration(Integration):
    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        store = importlib.import_module("langchain_chroma")
        self.embeddings = importlib.import_module("qwen3_embed_integrations.langchain").Qwen3Embeddings(**options)
        self.store = store.Chroma(COLLECTION, client=self.client, embedding_function=self.embeddings)

    def guarded(self) -> Any:
        return self.embeddings

    def add(self, texts: list[str], ids: list[str]) -> None:
        self.store.add_texts(texts, ids=ids)

    def embed_query(self, query: str) -> list[float]:
        return list(self.embeddings.embed_query(query))

    def search(self, query: str, n_results: int) -> list[str]:
        return [found.id for found in self.store.similarity_search(query, k=n_results)]


class ChromaIntegration(Integration):
    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.function = importlib.import_module("qwen3_embed_integrations.chroma").Qwen3EmbeddingFunction(**options)
        self.collection = self.client.get_collection(COLLECTION, embedding_function=self.function)

    def guarded(self) -> Any:
        return self.function

    def add(self, texts: list[str], ids: list[str]) -> None:
        self.collection.add(ids=ids, documents=texts)

    def embed_query(self, query: str) -> list[float]:
        return [float(x) for x in self.function.embed_query([query])[0]]

    def search(self, query: str, n_results: int) -> list[str]:
        return list(self.collection.query(query_texts=[query], n_results=n_results)["ids"][0])


class LlamaIndexIntegration(Integration):
    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        chroma = importlib.import_module("llama_index.vector_stores.chroma")
        self.core = importlib.import_module("llama_index.core")
        self.embedding = importlib.import_module("qwen3_embed_integrations.llama_index").Qwen3Embedding(**options)
        collection = self.client.get_collection(COLLECTION, embedding_function=None)
        self.store = chroma.ChromaVectorStore(chroma_collection=collection)

    def guarded(self) -> Any:
        return self.embedding

    def _index(self) -> Any:
        return self.core.VectorStoreIndex.from_vector_store(self.store, embed_model=self.embedding)

    def add(self, texts: list[str], ids: list[str]) -> None:
        node = importlib.import_module("llama_index.core.schema").TextNode
        self._index().insert_nodes([node(text=text, id_=one) for text, one in zip(texts, ids, strict=True)])

    def embed_query(self, query: str) -> list[float]:
        return list(self.embedding.get_query_embedding(query))

    def search(self, query: str, n_results: int) -> list[str]:
        found = self._index().as_retriever(similarity_top_k=n_results).retrieve(query)
        return [one.node.node_id for one in found]


class HaystackIntegration(Integration):
    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        stores = importlib.import_module("haystack_integrations.document_stores.chroma")
        retrievers = importlib.import_module("haystack_integrations.components.retrievers.chroma")
        ours = importlib.import_module("haystack_integrations.components.embedders.qwen3")
        self.store = stores.ChromaDocumentStore(COLLECTION, persist_path=str(folder))
        self.retriever = retrievers.ChromaEmbeddingRetriever(self.store)
        self.text_embedder = ours.Qwen3TextEmbedder(**options)
        self.document_embedder = ours.Qwen3DocumentEmbedder(**options)

    def guarded(self) -> Any:
        return self.document_embedder

    def add(self, texts: list[str], ids: list[str]) -> None:
        document = importlib.import_module("haystack").Document
        documents = [document(id=one, content=text) for text, one in zip(texts, ids, strict=True)]
        self.store.write_documents(self.document_embedder.run(documents=documents)["documents"])

    def embed_query(self, query: str) -> list[float]:
        return list(self.text_embedder.run(text=query)["embedding"])

    def search(self, query: str, n_results: int) -> list[str]:
        embedding = self.embed_query(query)
        return [one.id for one in self.retriever.run(query_embedding=embedding, top_k=n_results)["documents"]]


INTEGRATIONS = {
    "langchain": LangChainIntegration,
    "llama_index": LlamaIndexIntegration,
    "haystack": HaystackIntegration,
    "chroma": ChromaIntegration,
}
