"""The Haystack integration: what the two embedders give, take and refuse."""

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
from haystack.components.embedders.types import DocumentEmbedder, TextEmbedder

from haystack_integrations.components.embedders import qwen3
from qwen3_embed_integrations import InputTypeError, Qwen3Encoder
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder

EMBEDDERS = [Qwen3TextEmbedder, Qwen3DocumentEmbedder]
CONTENTS = ["A heap is a tree.", "Lists have a method sort.", "Zeilen\numbruch", "A heap is a tree."]


@pytest.fixture
def encoder(checkpoint: Path) -> Qwen3Encoder:
    return Qwen3Encoder(model=str(checkpoint))


def test_the_integration_shows_the_components_of_haystacks_namespace() -> None:
    assert qwen3.Qwen3TextEmbedder is Qwen3TextEmbedder
    assert qwen3.Qwen3DocumentEmbedder is Qwen3DocumentEmbedder


def test_a_query_carries_the_instruction_of_its_run(checkpoint: Path, encoder: Qwen3Encoder) -> None:
    embedder = Qwen3TextEmbedder(model=str(checkpoint), task="qa")
    for task in (None, "code", "Find the proof of this theorem"):
        embedding = embedder.run("sort a list", task=task)["embedding"]
        assert embedding == encoder.encode_query(["sort a list"], task=task or "qa")[0].tolist()
        assert {type(value) for value in embedding} == {float}


def test_the_components_follow_haystacks_protocols(checkpoint: Path) -> None:
    queries: TextEmbedder = Qwen3TextEmbedder(model=str(checkpoint))
    documents: DocumentEmbedder = Qwen3DocumentEmbedder(model=str(checkpoint))
    assert isinstance(queries.run(text="heap")["embedding"], list)
    assert isinstance(documents.run(documents=[Document(content="heap")])["documents"][0], Document)


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


async def test_async_runs_equal_their_twins(checkpoint: Path) -> None:
    queries, documents = (embedder(model=str(checkpoint)) for embedder in EMBEDDERS)
    assert await queries.run_async("heap", task="code") == queries.run("heap", task="code")
    given = [Document(content=content) for content in CONTENTS]
    done, adone = documents.run(given), await documents.run_async(given)
    assert adone["meta"] == done["meta"]
    np.testing.assert_allclose(
        [document.embedding for document in adone["documents"]],
        [document.embedding for document in done["documents"]],
        atol=1e-6,
    )


def test_meta_tells_model_space_and_tokens(checkpoint: Path, encoder: Qwen3Encoder) -> None:
    of_query = Qwen3TextEmbedder(model=str(checkpoint)).run("heap")["meta"]
    of_documents = Qwen3DocumentEmbedder(model=str(checkpoint)).run([Document(content="heap")])["meta"]
    assert of_query["space"] == of_documents["space"] == encoder.space.fingerprint
    assert of_query["usage"]["prompt_tokens"] == len(encoder.render_query("heap").token_ids)
    assert of_documents["usage"]["total_tokens"] == encoder.count_tokens(["heap"])[0]


@pytest.mark.parametrize("bad", [None, 3, ["a list"], Document(content="x")])
async def test_a_query_that_is_no_text_is_refused(checkpoint: Path, bad: Any) -> None:
    embedder = Qwen3TextEmbedder(model=str(checkpoint))
    with pytest.raises(InputTypeError, match="Qwen3DocumentEmbedder"):
        embedder.run(bad)
    with pytest.raises(TypeError, match="Qwen3DocumentEmbedder"):
        await embedder.run_async(bad)


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


def test_use_after_unload_loads_again(checkpoint: Path) -> None:
    embedder = Qwen3TextEmbedder(model=str(checkpoint))
    vector = embedder.run("heap")
    embedder.encoder.unload()
    assert not embedder.encoder.is_loaded
    assert embedder.run("heap") == vector


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
