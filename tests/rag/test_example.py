import importlib.util
from pathlib import Path

import pytest

from qwen3_embed_integrations import SpaceMismatchError
from qwen3_embed_integrations.langchain import Qwen3Embeddings

EXAMPLE = Path(__file__).parents[2] / "examples" / "chroma_rag.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("chroma_rag", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_finds_cites_and_prompts(example, docs, capsys):
    for _ in range(2):  # the second run finds its index
        example.main(str(docs), "When are invoices sent?")
        out = capsys.readouterr().out
        assert out.startswith("[1] ")
        assert "billing.md: '# Billing" in out
        assert "Question: When are invoices sent?" in out


def test_the_example_follows_its_folder(example, docs, tmp_path):
    store = example.open_store(str(tmp_path / "ix"), Qwen3Embeddings(model="tiny"))
    example.index(store, docs)
    (docs / "billing.md").write_text("# Billing\n\nInvoices are sent daily.")
    (docs / "new.md").write_text("# New\n\nSomething new.")
    example.index(store, docs)
    assert sorted(data["source"] for data in store.get()["metadatas"]) == ["billing.md", "new.md"]


def test_the_example_refuses_another_space(example, tmp_path):
    example.open_store(str(tmp_path / "ix"), Qwen3Embeddings(model="tiny"))
    with pytest.raises(SpaceMismatchError, match="dimension"):
        example.open_store(str(tmp_path / "ix"), Qwen3Embeddings(model="tiny", dimension=64))


def test_the_example_is_short():
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 60
