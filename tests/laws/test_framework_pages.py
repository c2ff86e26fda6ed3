"""The LlamaIndex and Haystack examples: what a user copies runs. The pages' own blocks: test_docs.py."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import chromadb
import pytest
from llama_index.core import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = [ROOT / "examples" / "llama_index_chroma.py", ROOT / "examples" / "haystack_chroma.py"]


@pytest.fixture(autouse=True)
def fresh_memory() -> None:
    """Chroma's in-memory clients of one process share their collections."""
    client = chromadb.EphemeralClient()
    for collection in client.list_collections():
        client.delete_collection(collection.name)


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "_embed_model", None)
    monkeypatch.setattr("sys.argv", ["example"])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_finds_answers(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60
    runpy.run_path(str(path))["main"]()
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"\d{2,} docstrings", lines[0])
    assert len([line for line in lines if line.startswith("  ")]) >= 5


def test_the_filtered_search_of_the_example_stays_in_its_module(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES[0]))["main"]()
    _, filtered = capsys.readouterr().out.split("one module only:")
    found = [line.split() for line in filtered.splitlines() if line.startswith("  ")]
    assert len(found) == 2
    assert all(name.startswith("json.") for _, name, *_ in found)
