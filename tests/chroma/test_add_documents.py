"""Laws of add_documents: any number of documents, nothing dropped, nothing half-said."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI

from corpus import IDS, TEXTS
from qwen3_embed_integrations import ConfigError, InputTypeError, TextTooLongError
from qwen3_embed_integrations.chroma import (
    Qwen3EmbeddingFunction,
    aadd_documents,
    add_documents,
    aopen_collection,
    open_collection,
)
from qwen3_embed_integrations.core.errors import EmptyInputError, PartialWriteError


def _many(n_documents: int) -> tuple[list[str], list[str]]:
    return [TEXTS[i % len(TEXTS)] for i in range(n_documents)], [f"id{i}" for i in range(n_documents)]


def test_an_add_beyond_the_clients_limit_is_split(
    client: ClientAPI, function: Qwen3EmbeddingFunction, capsys: pytest.CaptureFixture[str]
) -> None:
    collection = open_collection(client, "docs", function)
    documents, ids = _many(client.get_max_batch_size() + 40)
    metadatas = [{"place": i} for i in range(len(ids))]
    add_documents(client, collection, documents, ids=ids, metadatas=metadatas, show_progress=True)
    assert collection.count() == len(ids)
    last = collection.get(ids=ids[-1], include=["metadatas", "documents", "embeddings"])
    assert last["metadatas"] == [{"place": len(ids) - 1}]
    np.testing.assert_allclose(last["embeddings"], function([documents[-1]]), atol=1e-6)
    assert f"{len(ids)}/{len(ids)}" in capsys.readouterr().err


def test_progress_is_silent_unless_asked_for(
    client: ClientAPI, function: Qwen3EmbeddingFunction, capsys: pytest.CaptureFixture[str]
) -> None:
    add_documents(client, open_collection(client, "docs", function), TEXTS, ids=IDS)
    assert capsys.readouterr().err == ""


def test_overwrite_replaces_what_a_plain_add_keeps(client: ClientAPI, function: Qwen3EmbeddingFunction) -> None:
    collection = open_collection(client, "docs", function)
    add_documents(client, collection, ["old"], ids=["x"])
    add_documents(client, collection, ["new"], ids=["x"])
    assert collection.get(ids="x")["documents"] == ["old"]
    add_documents(client, collection, ["new"], ids=["x"], overwrite=True)
    found = collection.get(ids="x", include=["documents", "embeddings"])
    assert found["documents"] == ["new"]
    np.testing.assert_allclose(found["embeddings"], function(["new"]), atol=1e-6)


def test_bad_input_is_refused_before_anything_is_written(client: ClientAPI, function: Qwen3EmbeddingFunction) -> None:
    collection = open_collection(client, "docs", function)
    documents, ids = _many(3000)
    with pytest.raises(InputTypeError, match="Document 2999 is NoneType"):
        add_documents(client, collection, [*documents[:-1], None], ids=ids)
    with pytest.raises(InputTypeError, match="list of str, found str"):
        add_documents(client, collection, "bare", ids=["a"])
    with pytest.raises(EmptyInputError):
        add_documents(client, collection, [], ids=[])
    with pytest.raises(ConfigError, match="3000 documents, 2999 ids"):
        add_documents(client, collection, documents, ids=ids[:-1])
    with pytest.raises(ConfigError, match="3000 documents, 3000 ids and 1 metadatas"):
        add_documents(client, collection, documents, ids=ids, metadatas=[{"a": 1}])
    with pytest.raises(ConfigError, match="'id0' stands for more than one"):
        add_documents(client, collection, documents, ids=[*ids[:-1], "id0"])
    with pytest.raises(ConfigError, match="Found no columns; known: ids, metadatas"):
        add_documents(client, collection, documents)
    with pytest.raises(ConfigError, match="Found ids, upsert; known"):
        add_documents(client, collection, documents, ids=ids, upsert=True)
    assert collection.count() == 0


def test_a_failure_midway_says_what_was_written(client: ClientAPI, checkpoint: Path) -> None:
    collection = open_collection(
        client, "docs", model=str(checkpoint), max_length=200, on_overflow="error", max_batch_tokens=4096
    )
    documents, ids = _many(2000)
    documents[1500] = "far too long " * 200
    with pytest.raises(PartialWriteError, match=r"Wrote 1024 of 2000 .*max_length is 200.*documents\[1024:\]") as e:
        add_documents(client, collection, documents, ids=ids)
    assert e.value.n_written == 1024
    assert collection.count() == 1024
    documents[1500] = "short"
    add_documents(client, collection, documents[e.value.n_written :], ids=ids[e.value.n_written :])
    assert collection.count() == 2000


def test_a_failure_before_the_first_write_is_itself(client: ClientAPI, checkpoint: Path) -> None:
    collection = open_collection(client, "docs", model=str(checkpoint), max_length=4, on_overflow="error")
    with pytest.raises(TextTooLongError, match="Text 0 has"):
        add_documents(client, collection, ["far too long for that"], ids=["a"])


async def test_the_async_add_splits_and_leaves_the_event_loop_free(
    server_port: int, function: Qwen3EmbeddingFunction
) -> None:
    client = await chromadb.AsyncHttpClient("127.0.0.1", server_port)
    collection = await aopen_collection(client, f"docs-{uuid.uuid4()}", function)
    documents, ids = _many(1500)
    function.encoder.unload()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await aadd_documents(client, collection, function, documents, ids=ids)
    embeddings = await function.aembed_query(["How tall is the tower?"])
    found = await collection.query(query_embeddings=embeddings, n_results=3)
    ticking.cancel()
    assert await collection.count() == 1500
    assert len(found["ids"][0]) == 3
    assert ticks > 5
