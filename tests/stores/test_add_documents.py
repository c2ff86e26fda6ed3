"""add_documents is one for all engines; what the stock adapters lose stands first in each test of a loss."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from langchain_qdrant import QdrantVectorStore

from qwen3_embed_integrations import (
    ConfigError,
    EmptyInputError,
    InputEncodingError,
    InputTypeError,
    PartialWriteError,
    Qwen3Encoder,
    SpaceMismatchError,
)
from qwen3_embed_integrations.stores import QdrantHandle, add_documents, guarded, handle_of
from vector_stores import faiss_store

TEXTS = [f"text {i} of many" for i in range(12)]
IDS = [f"doc#{i}" for i in range(12)]


def count(handle: Any) -> int:
    return int(handle.info().n_documents)


def test_documents_are_found_with_their_text_and_metadata(make_handle: Any, engine: str, encoder: Qwen3Encoder) -> None:
    handle = make_handle(engine)
    stored = add_documents(handle, TEXTS, IDS, [{"n": i} for i in range(12)], encoder=encoder)
    assert len(set(stored)) == count(handle) == 12
    for i in (0, 11):
        (hit,) = handle.search(encoder.encode_document([TEXTS[i]])[0], 1)
        assert (hit.text, hit.id, dict(hit.metadata)) == (TEXTS[i], IDS[i], {"n": i})
        assert hit.score == pytest.approx(1, abs=1e-5)


def test_an_existing_id_is_refused_kept_or_replaced(make_handle: Any, engine: str, encoder: Qwen3Encoder) -> None:
    handle = make_handle(engine)
    add_documents(handle, TEXTS[:6], IDS[:6], encoder=encoder)
    with pytest.raises(ConfigError, match=r"6 of 12 ids are in .* already.*Nothing was written"):
        add_documents(handle, TEXTS, IDS, encoder=encoder)
    assert count(handle) == 6
    new = [f"new {text}" for text in TEXTS]
    add_documents(handle, new, IDS, encoder=encoder, existing="skip")
    assert count(handle) == 12
    assert handle.search(encoder.encode_document([TEXTS[0]])[0], 1)[0].text == TEXTS[0]
    add_documents(handle, new, IDS, encoder=encoder, existing="overwrite")
    assert count(handle) == 12
    assert {hit.text for hit in handle.search(encoder.encode_document([TEXTS[0]])[0], 12)} == set(new)
    with pytest.raises(ConfigError, match="existing='mix'"):
        add_documents(handle, TEXTS, IDS, encoder=encoder, existing="mix")


REFUSED = {
    "one text": ({"texts": "text"}, InputTypeError, "Expected a list of str"),
    "no texts": ({"texts": []}, EmptyInputError, "no documents"),
    "a None": ({"texts": [None, "a"]}, InputTypeError, "Document 0 is NoneType"),
    "too few ids": ({"ids": ["a"]}, ConfigError, "Found 2 documents, 1 ids"),
    "an id twice": ({"ids": ["a", "a"]}, ConfigError, "stands for more than one"),
    "an empty id": ({"ids": ["a", ""]}, ConfigError, "Id 1 is empty"),
    "a broken id": ({"ids": ["a", "\ud835"]}, InputEncodingError, "Id 1 holds a lone surrogate"),
    "one metadata": ({"metadatas": {"n": 1}}, InputTypeError, "metadatas is dict"),
    "odd metadata": ({"metadatas": [{}, 3]}, InputTypeError, "Metadata 1 is int"),
    "too few metadatas": ({"metadatas": [{}]}, ConfigError, "1 metadatas"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_columns_are_refused_before_anything_is_written(qdrant: Any, encoder: Qwen3Encoder, what: str) -> None:
    handle = QdrantHandle(qdrant, "docs")
    handle.create(64)
    changed, error, said = REFUSED[what]
    with pytest.raises(error, match=said):
        add_documents(handle, **{"texts": ["a", "b"], "ids": ["a", "b"], **changed}, encoder=encoder)
    assert count(handle) == 0


def test_a_generator_loses_nothing(qdrant: Any, embeddings: Any) -> None:
    QdrantHandle(qdrant, "docs").create(64)
    store = QdrantVectorStore(qdrant, "docs", embedding=embeddings)
    assert store.add_texts(text for text in TEXTS) == []  # the stock adapter writes none
    assert count(handle_of(store)) == 0
    add_documents(store, (text for text in TEXTS), (name for name in IDS), ({} for _ in IDS))
    assert count(handle_of(store)) == 12


def test_too_few_ids_lose_nothing(qdrant: Any, embeddings: Any) -> None:
    QdrantHandle(qdrant, "docs").create(64)
    store = QdrantVectorStore(qdrant, "docs", embedding=embeddings)
    store.add_texts(TEXTS, ids=[1, 2])
    assert count(handle_of(store)) == 2  # the stock adapter drops ten texts
    with pytest.raises(ConfigError, match="12 documents, 2 ids"):
        add_documents(store, TEXTS, IDS[:2])


def test_any_id_can_be_given_and_adding_again_doubles_nothing(qdrant: Any, embeddings: Any) -> None:
    QdrantHandle(qdrant, "docs").create(64)
    store = QdrantVectorStore(qdrant, "docs", embedding=embeddings)
    with pytest.raises(ValueError, match="doc#0"):
        store.add_texts(TEXTS[:1], ids=IDS[:1])
    store.add_texts(TEXTS)
    store.add_texts(TEXTS)
    assert count(handle_of(store)) == 24  # the stock adapter makes new ids
    QdrantHandle(qdrant, "ours").create(64)
    store = QdrantVectorStore(qdrant, "ours", embedding=embeddings)
    for _ in range(2):
        add_documents(store, TEXTS, IDS, existing="overwrite")
    assert count(handle_of(store)) == 12
    assert store.similarity_search(TEXTS[3], k=1)[0].page_content == TEXTS[3]


def test_ids_that_an_engine_stores_as_one_are_refused(qdrant: Any, embeddings: Any) -> None:
    QdrantHandle(qdrant, "docs").create(64)
    store = QdrantVectorStore(qdrant, "docs", embedding=embeddings)
    one = "abcdefab-0000-4000-8000-00000000000a"
    store.add_texts(TEXTS[:2], ids=[one, one.upper()])
    assert count(handle_of(store)) == 1  # stock: the second replaces the first without a word
    other, uuid_of_a = one.replace("a", "b"), QdrantHandle(qdrant, "docs").stored_ids(["a"])[0]
    for ids in ([other, other.upper()], ["a", uuid_of_a]):
        with pytest.raises(ConfigError, match=r"stores the ids .* as one"):
            add_documents(store, TEXTS[:2], ids)
    with pytest.raises(ConfigError, match="1 of 1 ids are in"):
        add_documents(store, ["other"], [one.upper()])
    assert count(handle_of(store)) == 1


def test_a_lone_surrogate_is_written_as_the_replacement_character(
    make_handle: Any, engine: str, encoder: Qwen3Encoder
) -> None:
    handle = make_handle(engine)
    add_documents(handle, ["half \ud835"], ["a"], [{"t": "\ud835"}], encoder=encoder)
    (hit,) = handle.search(encoder.encode_document(["half \ufffd"])[0], 1)
    assert (hit.text, hit.metadata["t"]) == ("half \ufffd", "\ufffd")


def test_faiss_is_whole_after_a_refused_id(embeddings: Any) -> None:
    store = faiss_store(embeddings)
    store.add_texts(TEXTS[:10], ids=IDS[:10])
    with pytest.raises(ValueError, match="already exist"):
        store.add_texts(["other", "others"], ids=["new", IDS[0]])
    assert (store.index.ntotal, len(store.index_to_docstore_id)) == (12, 10)  # the stock adapter is out of step
    (problem,) = handle_of(store).problems()
    assert "12 vectors, but 10 documents" in problem.found
    for use in (lambda: guarded(store, embeddings), lambda: add_documents(store, ["x"], ["x"])):
        with pytest.raises(ConfigError, match="12 vectors, but 10 documents: an add failed halfway"):
            use()

    store = faiss_store(embeddings)
    add_documents(store, TEXTS[:10], IDS[:10])
    with pytest.raises(ConfigError, match=r"1 of 2 ids are in .* already"):
        add_documents(store, ["other", "others"], ["new", IDS[0]])
    assert (store.index.ntotal, len(store.index_to_docstore_id)) == (10, 10)


def test_a_failure_halfway_says_how_many_are_in_and_how_to_go_on(
    make_handle: Any, engine: str, encoder: Qwen3Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["qwen3_embed_integrations.stores.add_documents"], "SLICE", 5)
    handle = make_handle(engine)
    write, n_calls = type(handle).write, []

    def failing(self: Any, records: Any) -> None:
        n_calls.append(1)
        if len(n_calls) == 2:
            raise OSError("the disk is full")
        write(self, records)

    monkeypatch.setattr(type(handle), "write", failing)
    with pytest.raises(PartialWriteError, match=r"Wrote 5 of 12 documents.*disk is full.*skip") as raised:
        add_documents(handle, TEXTS, IDS, encoder=encoder)
    assert (raised.value.n_written, count(handle)) == (5, 5)
    add_documents(handle, TEXTS, IDS, encoder=encoder, existing="skip")
    assert count(handle) == 12
    n_calls[:] = [1]
    with pytest.raises(OSError, match="disk"):  # nothing of this call was written
        add_documents(handle, ["x"], ["x"], encoder=encoder)


def test_another_space_is_refused_before_anything_is_written(
    make_handle: Any, engine: str, encoder: Qwen3Encoder
) -> None:
    handle = make_handle(engine)
    add_documents(handle, TEXTS, IDS, encoder=encoder)
    other = Qwen3Encoder(backend="fake", model="4B", dimension=64)
    with pytest.raises(SpaceMismatchError):
        add_documents(handle, ["x"], ["x"], encoder=other)
    assert count(handle) == 12


def test_ten_thousand_texts_are_written_in_slices(make_handle: Any, encoder: Qwen3Encoder, calls: list[Any]) -> None:
    handle = make_handle("pgvector")
    texts = [f"text {i}" for i in range(10_000)]
    add_documents(handle, texts, [str(i) for i in range(10_000)], encoder=encoder)
    assert count(handle) == 10_000
    assert {len(batch) for _, batch in calls} == {1000}


def test_a_store_that_cannot_be_written_says_what_to_do(qdrant: Any, embeddings: Any, encoder: Qwen3Encoder) -> None:
    with pytest.raises(ConfigError, match="no known vector store"):
        add_documents({}, TEXTS, IDS)
    QdrantHandle(qdrant, "docs").create(64)
    with pytest.raises(ConfigError, match="has no embeddings"):
        add_documents(QdrantHandle(qdrant, "docs"), TEXTS, IDS)
    store = QdrantVectorStore(qdrant, "docs", embedding=embeddings)
    store.retrieval_mode = "hybrid"  # type: ignore[assignment]
    with pytest.raises(ConfigError, match="keeps sparse vectors"):
        add_documents(store, TEXTS, IDS, encoder=encoder)


def test_a_progress_bar_is_drawn(make_handle: Any, encoder: Qwen3Encoder, capsys: pytest.CaptureFixture[str]) -> None:
    add_documents(make_handle("qdrant"), TEXTS, IDS, encoder=encoder, show_progress=True)
    assert "12/12" in capsys.readouterr().err


def test_embeddings_are_the_encoders(make_handle: Any, engine: str, encoder: Qwen3Encoder) -> None:
    handle = make_handle(engine)
    add_documents(handle, TEXTS, IDS, encoder=encoder)
    by_text = dict(handle.sample(12))
    stored = np.asarray([by_text[text] for text in TEXTS], dtype=np.float32)
    np.testing.assert_allclose(stored, encoder.encode_document(TEXTS), atol=1e-6)
