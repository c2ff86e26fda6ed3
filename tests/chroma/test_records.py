"""Laws of records: nothing that Chroma would refuse, round or drop comes near a write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.base_types import SparseVector

from qwen3_embed_integrations import ConfigError, InputEncodingError, InputTypeError
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction, add_documents, open_collection
from qwen3_embed_integrations.chroma.records import storable_documents, storable_ids, storable_metadatas

REFUSED: list[tuple[Any, type[Exception], str]] = [
    ({"": 1}, ConfigError, "Metadata 1 has an empty key"),
    ({}, ConfigError, "Metadata 1 is an empty dict"),
    ({"k": None}, ConfigError, "Metadata 1, 'k' is None"),
    ({"k": float("nan")}, ConfigError, "would not keep as it is"),
    ({"k": float("-inf")}, ConfigError, "would not keep as it is"),
    ({"k": 2**63}, ConfigError, "would not keep as it is"),
    ({"k": 10**400}, ConfigError, "would not keep as it is"),
    ({"k": []}, ConfigError, "at least one"),
    ({"k": ["a", 1]}, ConfigError, "items of one type"),
    ({"k": ["a", None]}, ConfigError, "is None"),
    ({"k": {"a": 1}}, InputTypeError, "'k' is dict"),
    ({"k": object()}, InputTypeError, "'k' is object"),
    ({3: "x"}, InputTypeError, "has the key 3"),
    ({"chroma:document": "x"}, ConfigError, "keeps for itself"),
    ({chr(0xD800): 1, chr(0xD801): 2}, ConfigError, "keys that are equal"),
    ("title", InputTypeError, "Metadata 1 is str"),
]


@pytest.mark.parametrize("case", REFUSED, ids=[message for *_, message in REFUSED])
def test_metadata_that_chroma_does_not_keep_is_rejected_before_anything_is_embedded(
    client: ClientAPI, function: Qwen3EmbeddingFunction, monkeypatch: pytest.MonkeyPatch, case: Any
) -> None:
    metadata, error, message = case
    collection = open_collection(client, "docs", function)
    monkeypatch.setattr(Qwen3EmbeddingFunction, "__call__", lambda *_: pytest.fail("embedded"))
    with pytest.raises(error, match=message):
        add_documents(client, collection, ["a", "b"], ids=["a", "b"], metadatas=[{"k": 1}, metadata])
    assert collection.count() == 0


def test_metadata_of_every_kind_that_chroma_keeps_comes_back_equal(
    client: ClientAPI, function: Qwen3EmbeddingFunction
) -> None:
    kept = {"s": "x", "i": -(2**63), "f": 0.5, "b": True, "l": ["a", "b"], "n": [1, 2]}
    collection = open_collection(client, "docs", function)
    metadatas = [kept, None, {"k": np.int64(3), "f": np.float32(0.5)}]
    add_documents(client, collection, ["a", "b", "c"], ids=["a", "b", "c"], metadatas=metadatas)
    assert collection.get()["metadatas"] == [kept, None, {"k": 3, "f": 0.5}]
    sparse = SparseVector(indices=[1], values=[0.5])
    assert storable_metadatas([{"v": sparse}]) == [{"v": sparse}]


def test_a_lone_surrogate_among_1500_texts_is_written_and_embedded_as_the_replacement_character(
    client: ClientAPI, function: Qwen3EmbeddingFunction
) -> None:
    documents, ids = [f"text {i}" for i in range(1500)], [str(i) for i in range(1500)]
    documents[1200] = "half a pair \ud835"
    collection = open_collection(client, "docs", function)
    metadatas = [{"title \udc00": "\ud800"}] * len(ids)
    add_documents(client, collection, documents, ids=ids, metadatas=metadatas)
    assert collection.count() == len(ids)
    found = collection.get(ids="1200", include=["documents", "embeddings", "metadatas"])
    assert found["documents"] == ["half a pair \ufffd"]
    assert found["metadatas"] == [{"title \ufffd": "\ufffd"}]
    np.testing.assert_allclose(found["embeddings"], function(["half a pair \ufffd"]), atol=1e-6)


@pytest.mark.parametrize("write", ["add", "upsert", "update"])
def test_chromas_own_writes_reject_a_lone_surrogate_by_index_before_anything_is_written(
    client: ClientAPI, function: Qwen3EmbeddingFunction, write: str
) -> None:
    collection = open_collection(client, "docs", function)
    collection.add(ids=["0", "1"], documents=["old", "old"])
    with pytest.raises(InputEncodingError, match=r"Document 1 holds a lone surrogate \(U\+D835, character 1\)"):
        getattr(collection, write)(ids=["0", "1"], documents=["new", "x\ud835"])
    assert collection.get()["documents"] == ["old", "old"]


def test_a_query_with_a_lone_surrogate_is_answered(client: ClientAPI, function: Qwen3EmbeddingFunction) -> None:
    collection = open_collection(client, "docs", function)
    collection.add(ids=["0"], documents=["old"])
    assert collection.query(query_texts=["x\ud835"])["ids"] == [["0"]]


@pytest.mark.parametrize(
    ("ids", "error"),
    [
        (["a", "b\ud835"], InputEncodingError),
        (["a", ""], ConfigError),
        (["a", "a"], ConfigError),
        ("ab", InputTypeError),
    ],
    ids=["surrogate", "empty", "twice", "str"],
)
def test_ids_that_chroma_does_not_keep_are_rejected_first(ids: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        storable_ids(ids)


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(InputTypeError, match="metadatas is dict"):
        storable_metadatas({"k": 1})
    with pytest.raises(InputTypeError, match="Document 0 is int"):
        storable_documents([1])  # type: ignore[list-item]
