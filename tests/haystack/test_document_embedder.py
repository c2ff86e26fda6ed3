"""Qwen3DocumentEmbedder: what it gives, takes and refuses."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from haystack import Document

from qwen3_embed_integrations import InputTypeError, Qwen3Encoder
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder

CONTENTS = ["A heap is a tree.", "Lists have a method sort.", "Zeilen\numbruch", "A heap is a tree."]


def test_documents_are_raw_and_keep_their_order(checkpoint: Path, encoder: Qwen3Encoder) -> None:
    embedder = Qwen3DocumentEmbedder(model=str(checkpoint))
    documents = [Document(content=content, meta={"n": n}) for n, content in enumerate(CONTENTS * 9)]
    done = embedder.run(documents)["documents"]
    assert [document.meta["n"] for document in done] == list(range(len(documents)))
    np.testing.assert_allclose(
        [document.embedding for document in done], encoder.encode_document(CONTENTS * 9), atol=1e-6
    )
    assert {type(value) for value in done[0].embedding} == {float}


def test_the_given_documents_are_never_changed(checkpoint: Path) -> None:
    documents = [Document(content="heap", meta={"title": "T"}, embedding=[0.0])]
    before = copy.deepcopy(documents)
    done = Qwen3DocumentEmbedder(model=str(checkpoint)).run(documents)["documents"]
    assert documents == before
    assert done[0] is not documents[0]
    assert (done[0].id, done[0].meta) == (documents[0].id, documents[0].meta)


def test_meta_goes_before_the_content_missing_fields_are_left_out(checkpoint: Path, encoder: Qwen3Encoder) -> None:
    embedder = Qwen3DocumentEmbedder(
        model=str(checkpoint),
        meta_fields_to_embed=["title", "absent", "none", "year", "tags", "day"],
        embedding_separator=" | ",
    )
    meta = {"title": "Sorting", "none": None, "year": 2026, "tags": ["a", "b"], "day": dt.date(2026, 1, 2)}
    documents = [Document(content="heap", meta=meta), Document(content=None, meta={"title": "Only meta"})]
    texts = ["Sorting | 2026 | ['a', 'b'] | 2026-01-02 | heap", "Only meta"]
    embeddings = [document.embedding for document in embedder.run(documents)["documents"]]
    np.testing.assert_allclose(embeddings, encoder.encode_document(texts), atol=1e-6)


def test_documents_without_text_get_the_embedding_of_an_empty_text_and_a_warning(
    checkpoint: Path, encoder: Qwen3Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    documents = [Document(content=content, meta={"n": n}) for n, content in enumerate([None, "", "heap"])]
    with caplog.at_level(logging.WARNING):
        done = Qwen3DocumentEmbedder(model=str(checkpoint)).run(documents)["documents"]
    np.testing.assert_allclose(
        [document.embedding for document in done], encoder.encode_document(["", "", "heap"]), atol=1e-6
    )
    (record,) = [record for record in caplog.records if "no text to embed" in record.getMessage()]
    assert "2 of 3 documents" in record.getMessage()
    assert documents[0].id in record.getMessage()
    assert documents[2].id not in record.getMessage()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (None, "Qwen3TextEmbedder"),
        ("text", "Qwen3TextEmbedder"),
        (Document(content="x"), "Qwen3TextEmbedder"),
        ([Document(content="x"), "text"], "Document 1 is str"),
    ],
)
async def test_what_is_no_list_of_documents_is_refused(checkpoint: Path, bad: Any, said: str) -> None:
    embedder = Qwen3DocumentEmbedder(model=str(checkpoint))
    with pytest.raises(InputTypeError, match=said):
        embedder.run(bad)
    with pytest.raises(TypeError, match=said):
        await embedder.run_async(bad)


async def test_no_documents_give_no_documents(checkpoint: Path) -> None:
    embedder = Qwen3DocumentEmbedder(model=str(checkpoint))
    assert embedder.run([])["documents"] == (await embedder.run_async([]))["documents"] == []


def test_the_progress_bar_has_haystacks_name_too(checkpoint: Path, capfd: pytest.CaptureFixture[str]) -> None:
    documents = [Document(content=content) for content in CONTENTS]
    Qwen3DocumentEmbedder(model=str(checkpoint)).run(documents)
    assert capfd.readouterr().err == ""
    for option in ("progress_bar", "show_progress"):
        Qwen3DocumentEmbedder(model=str(checkpoint), **{option: True}).run(documents)
        assert "4/4" in capfd.readouterr().err


def test_all_documents_reach_the_encoder_in_one_call(checkpoint: Path, calls: list[tuple[str, list[str]]]) -> None:
    Qwen3DocumentEmbedder(model=str(checkpoint)).run([Document(content=content) for content in CONTENTS * 30])
    assert calls == [("document", CONTENTS * 30)]


async def test_a_cancelled_run_leaves_the_embedder_usable(checkpoint: Path) -> None:
    embedder = Qwen3DocumentEmbedder(model=str(checkpoint))
    embedder.warm_up()
    documents = [Document(content=f"{i} heap " * 50) for i in range(400)]
    long = asyncio.create_task(embedder.run_async(documents))
    for _ in range(5):
        await asyncio.sleep(0)  # the call is under way
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    assert len((await embedder.run_async(documents[:1]))["documents"]) == 1
