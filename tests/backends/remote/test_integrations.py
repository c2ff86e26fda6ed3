"""Every integration returns the same embeddings with a server as without."""

import json
import pickle

import numpy as np
import pytest

TEXTS = ["alpha beta", "naïve 北京\n\nx", "alpha beta", "def f(x): return x"]
QUERY = "What is alpha?"


@pytest.fixture
def options(server, monkeypatch):
    monkeypatch.setenv("EMBEDDING_KEY", "sk-secret1234")
    return {
        "backend": "remote",
        "base_url": server.url,
        "model": "somebody/model",
        "api_key_env": "EMBEDDING_KEY",
        "dimension": 32,
    }


@pytest.fixture
def expected(local):
    return local.encode(TEXTS, "document").at(32), local.encode([QUERY], "query").at(32)[0]


def assert_embeddings(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(ours), theirs, atol=1e-5)


def assert_no_key(*stored):
    assert all("secret1234" not in str(one) for one in stored)


async def test_langchain_over_a_server(options, expected):
    dumps = pytest.importorskip("langchain_core.load").dumps
    from qwen3_embed_integrations.langchain import Qwen3Embeddings

    integration = Qwen3Embeddings(**options)
    assert_embeddings((integration.embed_documents(TEXTS), integration.embed_query(QUERY)), expected)
    assert_embeddings((await integration.aembed_documents(TEXTS), await integration.aembed_query(QUERY)), expected)
    assert_no_key(repr(integration), dumps(integration), pickle.dumps(integration))
    assert_embeddings((pickle.loads(pickle.dumps(integration)).embed_documents(TEXTS), expected[1]), expected)  # noqa: S301
    integration.encoder.unload()


async def test_llama_index_over_a_server(options, expected):
    pytest.importorskip("llama_index.core")
    from qwen3_embed_integrations.llama_index import Qwen3Embedding

    integration = Qwen3Embedding(**options)
    assert_embeddings((integration.get_text_embedding_batch(TEXTS), integration.get_query_embedding(QUERY)), expected)
    assert_embeddings(
        (await integration.aget_text_embedding_batch(TEXTS), await integration.aget_query_embedding(QUERY)), expected
    )
    assert_no_key(repr(integration), integration.to_dict(), pickle.dumps(integration))
    assert_embeddings(
        (Qwen3Embedding.from_dict(integration.to_dict()).get_text_embedding_batch(TEXTS), expected[1]), expected
    )
    integration.encoder.unload()


async def test_haystack_over_a_server(options, expected, checkpoint):
    haystack = pytest.importorskip("haystack")
    from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder, Qwen3TextEmbedder

    documents = [haystack.Document(content=text, id=str(i)) for i, text in enumerate(TEXTS)]
    one, many = Qwen3TextEmbedder(**options), Qwen3DocumentEmbedder(**options)
    embedded = many.run(documents=documents)
    answer = one.run(text=QUERY)
    assert_embeddings(([document.embedding for document in embedded["documents"]], answer["embedding"]), expected)
    embedded = await many.run_async(documents=documents)
    embeddings = [document.embedding for document in embedded["documents"]]
    assert_embeddings((embeddings, (await one.run_async(text=QUERY))["embedding"]), expected)
    assert "usage" not in answer["meta"]  # the server counts tokens of whole requests only
    counted = Qwen3TextEmbedder(**{**options, "tokenizer": str(checkpoint)}).run(text=QUERY)
    assert counted["meta"]["usage"]["prompt_tokens"] > 10
    assert_no_key(json.dumps(one.to_dict()), repr(many))
    again = Qwen3DocumentEmbedder.from_dict(many.to_dict()).run(documents=documents)
    assert_embeddings(([document.embedding for document in again["documents"]], expected[1]), expected)
    one.encoder.unload()


def test_chroma_over_a_server(options, expected):
    pytest.importorskip("chromadb")
    Qwen3EmbeddingFunction = pytest.importorskip("qwen3_embed_integrations.chroma").Qwen3EmbeddingFunction  # noqa: N806

    integration = Qwen3EmbeddingFunction(**options)
    assert_embeddings((integration(TEXTS), integration.embed_query([QUERY])[0]), expected)
    stored = json.loads(json.dumps(integration.get_config()))
    assert_no_key(stored, repr(integration))
    again = Qwen3EmbeddingFunction.build_from_config(stored)
    assert_embeddings((again(TEXTS), again.embed_query([QUERY])[0]), expected)
    integration.encoder.unload()
