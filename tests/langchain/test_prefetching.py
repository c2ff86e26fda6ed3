"""`prefetched`: one planned call, however a vector store cuts its texts."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import numpy as np
import pytest
from langchain_qdrant import QdrantVectorStore
from qdrant_client import QdrantClient, models

from qwen3_embed_integrations import InputEncodingError, InputTypeError
from qwen3_embed_integrations.langchain import Qwen3Embeddings

TEXTS = [f"text {i}" for i in range(300)]


@pytest.fixture
def embeddings() -> Qwen3Embeddings:
    return Qwen3Embeddings(backend="fake", dimension=64)


def test_an_unchanged_store_writes_what_one_call_computed(
    embeddings: Qwen3Embeddings, calls: list[tuple[str, list[str]]]
) -> None:
    client = QdrantClient(":memory:")
    client.create_collection("docs", vectors_config=models.VectorParams(size=64, distance=models.Distance.COSINE))
    store = QdrantVectorStore(client, "docs", embedding=embeddings)
    calls.clear()
    store.add_texts(TEXTS)
    assert [len(texts) for _, texts in calls] == [64, 64, 64, 64, 44]  # stock
    calls.clear()
    with embeddings.prefetched(TEXTS):
        store.add_texts(TEXTS)
    assert [len(texts) for _, texts in calls] == [300]
    assert client.count("docs").count == 600
    client.close()


def test_others_are_computed_and_the_block_ends(
    embeddings: Qwen3Embeddings, calls: list[tuple[str, list[str]]]
) -> None:
    expected = embeddings.embed_documents(["b", "new", "a"])
    with embeddings.prefetched(["a", "b", "a"]):
        calls.clear()
        np.testing.assert_allclose(embeddings.embed_documents(["b", "new", "a"]), expected)
        assert [texts for _, texts in calls] == [["new"]]
        assert embeddings.embed_documents([]) == []
        other = Qwen3Embeddings(backend="fake", dimension=32)
        assert len(other.embed_documents(["a"])[0]) == 32
    calls.clear()
    embeddings.embed_documents(["a"])
    assert [texts for _, texts in calls] == [["a"]]


async def test_async_stores_find_them_too(embeddings: Qwen3Embeddings, calls: list[tuple[str, list[str]]]) -> None:
    with embeddings.prefetched(["a", "b"]):
        calls.clear()
        found, more = await asyncio.gather(embeddings.aembed_documents(["b"]), embeddings.aembed_documents(["a", "c"]))
    assert [texts for _, texts in calls] == [["c"]]
    np.testing.assert_allclose([*found, *more], await embeddings.aembed_documents(["b", "a", "c"]), atol=1e-6)


def test_a_thread_that_copies_the_context_finds_them(embeddings: Qwen3Embeddings, calls: list[Any]) -> None:
    with embeddings.prefetched(["a"]), ThreadPoolExecutor(1) as pool:
        calls.clear()
        pool.submit(copy_context().run, embeddings.embed_documents, ["a"]).result()
        assert calls == []


@pytest.mark.parametrize(("texts", "error"), [("a", InputTypeError), (["\ud835"], InputEncodingError)])
def test_bad_texts_are_refused_before_the_block(embeddings: Qwen3Embeddings, texts: Any, error: type) -> None:
    with pytest.raises(error):
        embeddings.prefetched(texts)
