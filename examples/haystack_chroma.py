"""Search the docstrings of Python's standard library with Haystack and Chroma, offline.

python examples/haystack_chroma.py "How do I copy a folder?"
"""

import inspect
import sys
from importlib import import_module

from haystack import Document, Pipeline
from haystack.components.writers import DocumentWriter
from haystack_integrations.components.retrievers.chroma import ChromaEmbeddingRetriever
from haystack_integrations.document_stores.chroma import ChromaDocumentStore

from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder

MODULES = ["csv", "fnmatch", "glob", "heapq", "html", "json", "random", "shutil", "statistics", "tempfile", "textwrap"]


def documents() -> list[Document]:
    """Gives one document a documented function."""
    return [
        Document(content=inspect.getdoc(function), meta={"module": module, "name": f"{module}.{name}"})
        for module in MODULES
        for name, function in inspect.getmembers(import_module(module), inspect.isroutine)
        if name in import_module(module).__all__ and inspect.getdoc(function)
    ]


def main() -> None:
    """Indexes the docstrings, stores the query pipeline as YAML, and asks it."""
    question = " ".join(sys.argv[1:]) or "How do I copy a folder with everything in it?"
    store = ChromaDocumentStore(collection_name="stdlib", distance_function="cosine")
    indexing = Pipeline()
    indexing.add_component("embedder", Qwen3DocumentEmbedder(model="tiny", meta_fields_to_embed=["name"]))
    indexing.add_component("writer", DocumentWriter(store))
    indexing.connect("embedder.documents", "writer.documents")
    indexing.run({"embedder": {"documents": documents()}})
    print(f"{store.count_documents()} docstrings\n\n{question}")

    querying = Pipeline()
    querying.add_component("embedder", Qwen3TextEmbedder(model="tiny"))
    querying.add_component("retriever", ChromaEmbeddingRetriever(store, top_k=5))
    querying.connect("embedder.embedding", "retriever.query_embedding")
    querying = Pipeline.loads(querying.dumps())  # any process can load it, without an allow-list
    for found in querying.run({"embedder": {"text": question}})["retriever"]["documents"]:
        print(f"  {found.meta['name']:20} {(found.content or '').splitlines()[0]}")


if __name__ == "__main__":
    main()
