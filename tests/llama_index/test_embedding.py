"""The LlamaIndex integration: its methods, and what they refuse."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.schema import MetadataMode, TextNode
from llama_index.core.storage.kvstore import SimpleKVStore

from qwen3_embed_integrations import InputTypeError, Qwen3Encoder
from qwen3_embed_integrations.llama_index import Qwen3Embedding

TEXTS = ["A heap is a tree.", "Lists have a method sort.", "", "Zeilen\numbruch", "A heap is a tree."]


@pytest.fixture
def embedding(checkpoint: Path) -> Qwen3Embedding:
    return Qwen3Embedding(model=str(checkpoint))


@pytest.fixture
def encoder(checkpoint: Path) -> Qwen3Encoder:
    return Qwen3Encoder(model=str(checkpoint))


def test_queries_carry_the_instruction_and_texts_are_raw(embedding: Qwen3Embedding, encoder: Qwen3Encoder) -> None:
    text = "How do I sort a list?"
    query_embedding, text_embedding = embedding.get_query_embedding(text), embedding.get_text_embedding(text)
    assert query_embedding == encoder.encode_query([text])[0].tolist()
    assert text_embedding == encoder.encode_document([text])[0].tolist()
    assert query_embedding != text_embedding
    assert {type(value) for value in query_embedding + text_embedding} == {float}


def test_a_batch_is_one_call_of_the_encoder_in_the_order_given(
    embedding: Qwen3Embedding, encoder: Qwen3Encoder, calls: list[tuple[str, list[str]]]
) -> None:
    texts = TEXTS * 9
    embeddings = embedding.get_text_embedding_batch(texts)
    assert calls == [("document", texts)]
    np.testing.assert_allclose(embeddings, encoder.encode_document(texts), atol=1e-6)


async def test_async_methods_equal_their_twins(embedding: Qwen3Embedding) -> None:
    assert await embedding.aget_query_embedding("heap") == embedding.get_query_embedding("heap")
    assert await embedding.aget_text_embedding("heap") == embedding.get_text_embedding("heap")
    batch, abatch = (
        embedding.get_text_embedding_batch(TEXTS),
        await embedding.aget_text_embedding_batch(TEXTS),
    )
    np.testing.assert_allclose(abatch, batch, atol=1e-6)
    mean, amean = (
        embedding.get_agg_embedding_from_queries(TEXTS),
        await embedding.aget_agg_embedding_from_queries(TEXTS),
    )
    np.testing.assert_allclose(amean, mean, atol=1e-6)


async def test_async_batches_reach_the_encoder_whole(
    embedding: Qwen3Embedding, calls: list[tuple[str, list[str]]]
) -> None:
    for n_workers in (None, 2):
        await embedding.replace(num_workers=n_workers).aget_text_embedding_batch(TEXTS * 9)
    assert calls == [("document", TEXTS * 9)] * 2


def test_aggregated_queries_are_one_call_and_a_unit_embedding(
    embedding: Qwen3Embedding, encoder: Qwen3Encoder, calls: list[tuple[str, list[str]]]
) -> None:
    queries = ["heap", "queue", "sort"]
    vector = embedding.get_agg_embedding_from_queries(queries)
    assert calls == [("query", queries)]
    mean = encoder.encode_query(queries).mean(axis=0)
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)
    assert np.linalg.norm(vector) == pytest.approx(1.0)
    assert np.linalg.norm(mean) < 1 - 1e-4  # else the law above says nothing
    assert embedding.get_agg_embedding_from_queries(queries, agg_fn=lambda embeddings: embeddings[1]) == pytest.approx(
        embedding.get_query_embedding("queue"), abs=1e-6
    )
    with pytest.raises(ValueError, match="No embeddings"):
        embedding.get_agg_embedding_from_queries([])


async def test_nodes_are_embedded_as_llama_index_shows_them_to_embedders(embedding: Qwen3Embedding) -> None:
    nodes = [
        TextNode(
            text=text,
            metadata={"title": f"T{i}", "path": "secret/path"},
            excluded_embed_metadata_keys=["path"],
        )
        for i, text in enumerate(TEXTS)
    ]
    shown = [node.get_content(MetadataMode.EMBED) for node in nodes]
    assert "T1" in shown[1]
    assert "secret" not in shown[1]
    expected = embedding.get_text_embedding_batch(shown)
    assert [node.embedding for node in embedding(copy.deepcopy(nodes))] == expected
    np.testing.assert_allclose(
        [node.embedding for node in await embedding.acall(copy.deepcopy(nodes))], expected, atol=1e-6
    )


def test_a_progress_bar_is_drawn_on_demand_only(embedding: Qwen3Embedding, capfd: pytest.CaptureFixture[str]) -> None:
    embedding.get_text_embedding_batch(TEXTS)
    assert capfd.readouterr().err == ""
    embedding.get_text_embedding_batch(TEXTS, show_progress=True)
    assert "5/5" in capfd.readouterr().err


@pytest.mark.filterwarnings("ignore:.*max_length=4:qwen3_embed_integrations.TruncationWarning")
def test_a_cache_never_gives_an_embedding_of_another_role_model_task_or_dimension(
    embedding: Qwen3Embedding, make_checkpoint: Callable[..., Path]
) -> None:
    store, text = SimpleKVStore(), "How do I sort a list?"
    other = str(make_checkpoint(seed=5))
    variants = [
        embedding,
        embedding.replace(model=other),
        embedding.replace(dimension=32),
        embedding.replace(task="code"),
        embedding.replace(document_task="sts"),
        embedding.replace(max_length=4),
    ]
    for _ in ("cold", "warm"):
        for variant in variants:
            cached = variant.replace(embeddings_cache=store)
            assert cached.get_text_embedding(text) == variant.get_text_embedding(text)
            assert cached.get_query_embedding(text) == variant.get_query_embedding(text)


async def test_a_cached_text_is_not_computed_again(
    embedding: Qwen3Embedding, calls: list[tuple[str, list[str]]]
) -> None:
    cached = embedding.replace(embeddings_cache=SimpleKVStore())
    embeddings = cached.get_text_embedding_batch(TEXTS)
    query = cached.get_query_embedding("heap")
    calls.clear()
    assert cached.get_text_embedding_batch(TEXTS) == embeddings
    assert await cached.aget_text_embedding_batch(TEXTS) == embeddings
    assert await cached.aget_text_embedding(TEXTS[0]) == cached.get_text_embedding(TEXTS[0]) == embeddings[0]
    assert await cached.aget_query_embedding("heap") == query
    assert calls == []
    assert await cached.aget_query_embedding("queue") == cached.get_query_embedding("queue")
    assert calls == [("query", ["queue"])]


@pytest.mark.parametrize("bad", [None, 3, b"bytes", ["nested"]])
async def test_what_is_no_text_is_refused_at_once(
    embedding: Qwen3Embedding, bad: Any, calls: list[tuple[str, list[str]]]
) -> None:
    for one in (embedding, embedding.replace(embeddings_cache=SimpleKVStore())):
        with pytest.raises(InputTypeError, match=type(bad).__name__):
            one.get_query_embedding(bad)
        with pytest.raises(InputTypeError, match=type(bad).__name__):
            one.get_text_embedding(bad)
        with pytest.raises(InputTypeError, match=type(bad).__name__):
            await one.aget_text_embedding_batch(["good", bad])
    assert len(calls) == 1  # documents and the cache are refused before the encoder; nothing was tried twice


def test_one_text_in_place_of_a_list_is_refused(embedding: Qwen3Embedding) -> None:
    for method in (embedding.get_text_embedding_batch, embedding.get_agg_embedding_from_queries):
        with pytest.raises(InputTypeError, match=r"give a list of one"):
            method("letters")  # type: ignore[operator]  # the mistake under test


def test_no_texts_give_no_embeddings_and_load_nothing() -> None:
    assert Qwen3Embedding(model="no/such-model").get_text_embedding_batch([]) == []


def test_use_after_unload_loads_again(embedding: Qwen3Embedding) -> None:
    vector = embedding.get_query_embedding("heap")
    embedding.encoder.unload()
    assert not embedding.encoder.is_loaded
    assert embedding.get_query_embedding("heap") == vector


async def test_a_cancelled_call_leaves_the_encoder_usable(embedding: Qwen3Embedding) -> None:
    embedding.encoder.load()
    long = asyncio.create_task(embedding.aget_text_embedding_batch([f"{i} heap " * 50 for i in range(400)]))
    for _ in range(5):
        await asyncio.sleep(0)  # the call is under way
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    assert await embedding.aget_query_embedding("heap") == embedding.get_query_embedding("heap")


@pytest.mark.parametrize("bad", [None, 1, {"a": 1}, {"a"}], ids=["None", "int", "dict", "set"])
def test_what_is_no_list_is_refused_by_every_batch_method(embedding: Qwen3Embedding, bad: Any) -> None:
    for method in (embedding.get_text_embedding_batch, embedding.get_agg_embedding_from_queries):
        with pytest.raises(InputTypeError, match="Expected a list of str, found"):
            method(bad)
    for amethod in (embedding.aget_text_embedding_batch, embedding.aget_agg_embedding_from_queries):
        with pytest.raises(InputTypeError, match="Expected a list of str, found"):
            asyncio.run(amethod(bad))
