"""Index a folder with LangChain and Chroma, then retrieve passages for a question and build the prompt.

pip install "qwen3-embed-integrations[rag]"
python chroma_rag.py path/to/notes "When are invoices sent?"
"""

import hashlib
import sys
from pathlib import Path

import chromadb
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_text_splitters import RecursiveCharacterTextSplitter

from qwen3_embed_integrations.chroma import open_collection
from qwen3_embed_integrations.langchain import Qwen3Embeddings

PROMPT = ChatPromptTemplate.from_template(
    "Answer from these passages alone and cite them as [n].\n\n{passages}\n\nQuestion: {question}"
)


def open_store(folder: str, embeddings: Qwen3Embeddings) -> Chroma:
    """Open or create the store in `folder`; raise SpaceMismatchError if its vectors are of another space."""
    client = chromadb.PersistentClient(folder)
    open_collection(client, "notes", embeddings)
    return Chroma("notes", embeddings, client=client)


def index(store: Chroma, folder: Path) -> None:
    """Embed what is new in `folder` and remove what is gone. Ids are digests, so nothing is stored twice."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=100)
    files = [Document(path.read_text("utf-8"), metadata={"source": path.name}) for path in sorted(folder.glob("*.md"))]
    chunks = {hashlib.sha256(repr(chunk).encode()).hexdigest(): chunk for chunk in splitter.split_documents(files)}
    stored = set(store.get(include=[])["ids"])
    new = [key for key in chunks if key not in stored]
    for batch in (new[start : start + 1000] for start in range(0, len(new), 1000)):  # Chroma accepts up to 5,461
        store.add_documents([chunks[key] for key in batch], ids=batch)
    if gone := [key for key in stored if key not in chunks]:
        store.delete(gone)


def main(folder: str, question: str) -> None:
    """Print the best passages for the question, then the prompt for a chat model."""
    store = open_store(f"{folder}/.chroma", Qwen3Embeddings(model="tiny"))
    index(store, Path(folder))
    found = store.similarity_search_with_score(question, k=3)
    for number, (passage, distance) in enumerate(found, start=1):
        print(f"[{number}] {1 - distance:.3f} {passage.metadata['source']}: {passage.page_content[:60]!r}")
    passages = "\n\n".join(f"[{n}] {passage.page_content}" for n, (passage, _) in enumerate(found, start=1))
    print(PROMPT.format(passages=passages, question=question))  # or: (PROMPT | your_chat_model).invoke({...})


if __name__ == "__main__":
    main(*sys.argv[1:])
