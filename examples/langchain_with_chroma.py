"""LangChain over Chroma: a retriever over the docstrings of Python's standard library, guarded against mixed spaces.

pip install "qwen3-embed-integrations[torch,langchain,chroma]" langchain-chroma
(As `langchain_chroma.py` this file would hide the package of that name from every example in this folder.)
"""

import inspect
from importlib import import_module

import chromadb
from langchain_chroma import Chroma
from langchain_core.documents import Document

from qwen3_embed_integrations.chroma import open_collection
from qwen3_embed_integrations.langchain import Qwen3Embeddings

MODULES = ("csv", "heapq", "itertools", "json", "random", "shutil", "statistics", "textwrap")


def read_documents() -> list[Document]:
    """Gives one Document for each function that the modules offer."""
    return [
        Document(inspect.getdoc(function) or "", id=f"{module}.{name}", metadata={"module": module})
        for module in MODULES
        for name, function in inspect.getmembers(import_module(module), inspect.isroutine)
        if not name.startswith("_") and inspect.getdoc(function)
    ]


def main() -> None:
    """Indexes and asks."""
    embeddings = Qwen3Embeddings(model="tiny", dimension=128)
    client = chromadb.EphemeralClient()
    open_collection(client, "functions", embeddings)  # cosine, and never another space than this one
    store = Chroma("functions", client=client, embedding_function=embeddings)
    documents = read_documents()
    store.add_documents(documents)
    print(f"{len(documents)} functions indexed")

    retriever = store.as_retriever(search_kwargs={"k": 3})
    for question in ("copy a whole directory tree", "the middle value of some numbers"):
        print(f"{question}: {[found.id for found in retriever.invoke(question)]}")

    found = store.similarity_search_with_score("write embeddings to a file", k=2, filter={"module": "csv"})
    print(f"write embeddings to a file, in csv: {[(one.id, round(distance, 2)) for one, distance in found]}")


if __name__ == "__main__":
    main()
