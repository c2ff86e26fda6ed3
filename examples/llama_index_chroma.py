"""Search the docstrings of Python's standard library with LlamaIndex and Chroma, offline.

python examples/llama_index_chroma.py "How do I copy a folder?"
"""

import inspect
import sys
from importlib import import_module

import chromadb
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores import MetadataFilters
from llama_index.vector_stores.chroma import ChromaVectorStore

from qwen3_embed_integrations.llama_index import Qwen3Embedding

MODULES = ["csv", "fnmatch", "glob", "heapq", "html", "json", "random", "shutil", "statistics", "tempfile", "textwrap"]


def nodes() -> list[TextNode]:
    """Gives one node a documented function."""
    return [
        TextNode(text=f"{module}.{name}: {inspect.getdoc(function)}", metadata={"module": module})
        for module in MODULES
        for name, function in inspect.getmembers(import_module(module), inspect.isroutine)
        if name in import_module(module).__all__ and inspect.getdoc(function)
    ]


def main() -> None:
    """Indexes the docstrings and prints what answers the question."""
    question = " ".join(sys.argv[1:]) or "How do I copy a folder with everything in it?"
    embedding = Qwen3Embedding(model="tiny")  # or "0.6B", "4B", "8B", a hub name, a folder
    client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))
    collection = client.get_or_create_collection("stdlib", configuration={"hnsw": {"space": "cosine"}})
    store = ChromaVectorStore(chroma_collection=collection)
    index = VectorStoreIndex(
        nodes(), storage_context=StorageContext.from_defaults(vector_store=store), embed_model=embedding
    )
    print(f"{collection.count()} docstrings in {embedding.encoder.space.fingerprint}\n\n{question}")
    for found in index.as_retriever(similarity_top_k=3).retrieve(question):
        print(f"  {found.score:.3f}  {found.text.splitlines()[0]}")

    only = MetadataFilters.from_dicts([{"key": "module", "value": "json"}])
    again = VectorStoreIndex.from_vector_store(store, embed_model=embedding)
    print("\nThe same store, one module only:")
    for found in again.as_retriever(similarity_top_k=2, filters=only).retrieve("parse a string of JSON"):
        print(f"  {found.score:.3f}  {found.text.splitlines()[0]}")


if __name__ == "__main__":
    main()
