"""Fixtures of the RAG integration: a folder of documents, embeddings, chunks."""

from pathlib import Path

import pytest

from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.rag.corpora.chunking import Chunk
from rag_documents import chunks_of, document

FILES = {
    "billing.md": "# Billing\n\nInvoices are sent on the first day of each month. You can pay by card.\n",
    "hours.txt": "The shop is open from Monday to Friday. On Saturday the shop is closed all day.\n",
    "travel/trains.rst": "Trains\n======\n\nBook trains at least two weeks before you leave.\n",
    "travel/page.html": "<title>Hotels</title><script>x()</script><p>Ask for the company rate at every hotel.</p>",
}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder of the user's own files."""
    for name, text in FILES.items():
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "docs"


@pytest.fixture
def embeddings(checkpoint: Path) -> Qwen3Embeddings:
    return Qwen3Embeddings(model=str(checkpoint))


@pytest.fixture
def chunks() -> dict[str, Chunk]:
    """Six hundred chunks, which are three batches."""
    return chunks_of([document(f"note {number}") for number in range(600)])
