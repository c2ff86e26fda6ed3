"""The files of a FAISS store are replaced together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.stores import add_documents, guarded
from qwen3_embed_integrations.stores.faiss import FaissHandle, load, save
from qwen3_embed_integrations.stores.faiss_files import finish_save, is_unfinished
from vector_stores import faiss_store

TEXTS = [f"text {i} of many" for i in range(20)]
NAMES = ["index.faiss", "index.pkl", "index.qwen3_embed_space.json"]


class Killed(BaseException):
    """Stands for the end of the process."""


def stored(folder: Path, embeddings: Any) -> int:
    return len(load(folder, embeddings, allow_dangerous_deserialization=True).index_to_docstore_id)


@pytest.fixture
def saved(tmp_path: Path, embeddings: Any) -> Any:
    """A store with half of the texts, saved."""
    store = faiss_store(embeddings)
    add_documents(store, TEXTS[:10], TEXTS[:10])
    save(store, tmp_path, embeddings)
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES
    return store


def test_the_stock_save_leaves_an_index_of_one_save_with_documents_of_another(
    saved: Any, tmp_path: Path, embeddings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_documents(saved, TEXTS[10:], TEXTS[10:])

    def killed(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr("langchain_community.vectorstores.faiss.pickle.dump", killed)
    with pytest.raises(Killed):
        saved.save_local(str(tmp_path))  # stock: the index is new, and the documents are gone
    monkeypatch.undo()
    with pytest.raises(EOFError):
        load(tmp_path, embeddings, allow_dangerous_deserialization=True)


@pytest.mark.parametrize("step", ["save_local", "write_label", "rename", "replace"])
def test_a_save_that_is_killed_at_any_step_leaves_one_of_both(
    saved: Any, tmp_path: Path, embeddings: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    add_documents(saved, TEXTS[10:], TEXTS[10:])
    steps = {
        "save_local": "langchain_community.vectorstores.faiss.pickle.dump",
        "write_label": "qwen3_embed_integrations.stores.faiss_files.write_label",
        "rename": "pathlib.Path.rename",
        "replace": "pathlib.Path.replace",
    }
    replace, n_moved = Path.replace, []

    def killed(path: Any, *arguments: Any) -> Any:
        if step == "replace" and (not n_moved or ".saved" not in str(path)):
            n_moved.extend([1] if ".saved" in str(path) else [])
            return replace(path, *arguments)
        raise Killed

    monkeypatch.setattr(steps[step], killed)
    with pytest.raises(Killed):
        save(saved, tmp_path, embeddings)
    monkeypatch.undo()
    is_whole = step == "replace"
    assert is_unfinished(tmp_path, "index") == is_whole
    if is_whole:
        with pytest.raises(ConfigError, match=r"was interrupted\. Load it by stores\.faiss\.load"):
            guarded(FaissHandle(saved.index, store=saved, folder=tmp_path), embeddings)
    assert stored(tmp_path, embeddings) == (20 if is_whole else 10)
    save(saved, tmp_path, embeddings)
    assert stored(tmp_path, embeddings) == 20
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES


def test_nothing_to_finish_is_no_error(tmp_path: Path, embeddings: Any) -> None:
    assert not finish_save(tmp_path, "index")
    with pytest.raises(FileNotFoundError, match=r"no index\.faiss"):
        load(tmp_path, embeddings)


def test_a_pickle_is_read_only_when_asked_for(saved: Any, tmp_path: Path, embeddings: Any) -> None:
    assert saved is not None
    with pytest.raises(ValueError, match="allow_dangerous_deserialization"):
        load(tmp_path, embeddings)
