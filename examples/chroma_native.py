"""Chroma by itself: index the docstrings of Python's standard library, reopen the collection, ask and filter.

pip install "qwen3-embed-integrations[torch,chroma]"
"""

import inspect
import tempfile
from importlib import import_module

import chromadb

from qwen3_embed_integrations import SpaceMismatchError
from qwen3_embed_integrations.chroma import add_documents, open_collection

MODULES = ("csv", "heapq", "itertools", "json", "random", "shutil", "statistics", "textwrap")


def read_documents() -> dict[str, tuple[str, str]]:
    """Gives name → (module, docstring) of what the modules offer."""
    found = {}
    for module in MODULES:
        for name, thing in inspect.getmembers(import_module(module), callable):
            text = inspect.getdoc(thing)
            if text and not name.startswith("_"):
                found[f"{module}.{name}"] = (module, text)
    return found


def main() -> None:
    """Indexes, reopens, asks."""
    documents = read_documents()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = chromadb.PersistentClient(folder)
        collection = open_collection(client, "docstrings", model="tiny", dimension=128)
        add_documents(
            client,
            collection,
            [text for _, text in documents.values()],
            ids=list(documents),
            metadatas=[{"module": module} for module, _ in documents.values()],
        )
        print(f"{collection.count()} docstrings indexed")

        collection = open_collection(client, "docstrings")  # as stored; in another process just the same
        for question in ("copy a whole directory tree", "the middle value of some numbers"):
            print(f"{question}: {collection.query(query_texts=[question], n_results=3)['ids'][0]}")
        shuffled = collection.query(query_texts=["put a list in disorder"], where={"module": "random"}, n_results=2)
        print(f"put a list in disorder, in random: {shuffled['ids'][0]}")

        try:
            open_collection(client, "docstrings", model="tiny", dimension=64)
        except SpaceMismatchError as error:
            print(f"refused: {error}")


if __name__ == "__main__":
    main()
