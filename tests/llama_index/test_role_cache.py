"""LlamaIndex's cache seen through one role: equal texts of another role, model or length are other entries."""

import asyncio

import pytest
from llama_index.core.storage.kvstore import SimpleKVStore

from qwen3_embed_integrations import InputTypeError, Qwen3Encoder
from qwen3_embed_integrations.llama_index.role_cache import RoleCache


@pytest.fixture
def store():
    return SimpleKVStore()


def test_what_was_put_is_got_by_the_same_role_and_encoder(store, checkpoint):
    encoder = Qwen3Encoder(str(checkpoint))
    RoleCache(store, encoder, "query").put("heap", {"id": [1.0]}, "embeddings")
    same = RoleCache(store, Qwen3Encoder(str(checkpoint), max_batch_tokens=99), "query")
    assert same.get("heap", "embeddings") == {"id": [1.0]}


@pytest.mark.parametrize(
    ("role", "options"),
    [("document", {}), ("query", {"dimension": 32}), ("query", {"max_length": 32}), ("query", {"task": "code"})],
    ids=str,
)
def test_another_role_or_embedding_is_not_answered(store, checkpoint, role, options):
    RoleCache(store, Qwen3Encoder(str(checkpoint)), "query").put("heap", {"id": [1.0]}, "embeddings")
    assert RoleCache(store, Qwen3Encoder(str(checkpoint), **options), role).get("heap", "embeddings") is None


def test_the_async_twins_use_the_same_keys(store, checkpoint):
    cache = RoleCache(store, Qwen3Encoder(str(checkpoint)), "document")

    async def put_and_get():
        await cache.aput("heap", {"id": [2.0]}, "embeddings")
        return await cache.aget("heap", "embeddings")

    assert asyncio.run(put_and_get()) == cache.get("heap", "embeddings") == {"id": [2.0]}


def test_what_is_no_text_is_refused(store, checkpoint):
    with pytest.raises(InputTypeError, match="The text is int"):
        RoleCache(store, Qwen3Encoder(str(checkpoint)), "query").get(3, "embeddings")
