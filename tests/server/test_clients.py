"""Real clients, at their defaults where these can work: each gets the embedding that this process computes."""

import asyncio
import gc
import warnings

import numpy as np
import pytest

from qwen3_embed_integrations import Qwen3Encoder, Qwen3Reranker

TEXTS = ["sorted() returns a new list.", "Cats sleep all day."]
QUERY = "How do I sort a list?"
KEY = "any"  # the clients insist on one

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the frameworks leave their connections open


@pytest.fixture(scope="module", autouse=True)
def _no_connection_left():
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module")
def documents(encoder):
    return encoder.encode_document(TEXTS)


@pytest.fixture(scope="module")
def query(encoder):
    return encoder.encode_query([QUERY])[0]


def same(found, expected):
    np.testing.assert_array_equal(np.array(found, dtype=np.float32), expected)


def test_openai(served, documents, query):
    from openai import BadRequestError, NotFoundError, OpenAI

    with OpenAI(base_url=f"{served.url}/v1", api_key=KEY) as client:
        found = client.embeddings.create(model="tiny", input=TEXTS)
        same([entry.embedding for entry in found.data], documents)
        same(client.embeddings.create(model="tiny-query", input=QUERY).data[0].embedding, query)
        extra = client.embeddings.create(model="tiny", input=QUERY, extra_body={"input_type": "query"})
        same(extra.data[0].embedding, query)
        assert [model.id for model in client.models.list()][:2] == ["tiny", "tiny-query"]
        with pytest.raises(BadRequestError, match="32 to 256") as caught:
            client.embeddings.create(model="tiny", input="a", dimensions=9999)
        assert (caught.value.param, caught.value.code) == ("dimensions", "invalid_value")
        with pytest.raises(NotFoundError, match="is not served here"):
            client.embeddings.create(model="text-embedding-3-small", input="a")


def test_openai_async(served, documents):
    from openai import AsyncOpenAI

    async def ask():
        async with AsyncOpenAI(base_url=f"{served.url}/v1", api_key=KEY) as client:
            return await client.embeddings.create(model="tiny", input=TEXTS)

    same([entry.embedding for entry in asyncio.run(ask()).data], documents)


def test_langchain_openai(served, documents, query):
    from langchain_openai import OpenAIEmbeddings

    options = {"base_url": f"{served.url}/v1", "api_key": KEY, "check_embedding_ctx_length": False}
    same(OpenAIEmbeddings(model="tiny", **options).embed_documents(TEXTS), documents)
    same(OpenAIEmbeddings(model="tiny-query", **options).embed_query(QUERY), query)


def test_langchains_token_ids_are_refused_with_the_remedy(served):
    from langchain_openai import OpenAIEmbeddings
    from openai import BadRequestError

    class Tokens(OpenAIEmbeddings):
        """Without tiktoken's file, which its tokenizer downloads."""

        def _tokenize(self, *_):
            return [0], [[1, 2, 3]], [0], [3]

    embeddings = Tokens(model="tiny", base_url=f"{served.url}/v1", api_key=KEY)
    with pytest.raises(BadRequestError, match="check_embedding_ctx_length=False"):
        embeddings.embed_documents(["text"])


def test_llama_index_openai(served, documents, query):
    from llama_index.embeddings.openai import OpenAIEmbedding

    options = {"api_base": f"{served.url}/v1", "api_key": KEY}
    same(OpenAIEmbedding(model_name="tiny", **options).get_text_embedding_batch(TEXTS), documents)
    same(OpenAIEmbedding(model_name="tiny-query", **options).get_query_embedding(QUERY), query)


def test_haystack_openai(served, documents, query):
    from haystack import Document
    from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
    from haystack.utils import Secret

    options = {"api_base_url": f"{served.url}/v1", "api_key": Secret.from_token(KEY)}
    embedded = OpenAIDocumentEmbedder(model="tiny", progress_bar=False, **options).run(
        [Document(content=text) for text in TEXTS]
    )
    same([document.embedding for document in embedded["documents"]], documents)
    same(OpenAITextEmbedder(model="tiny-query", **options).run(QUERY)["embedding"], query)


def test_cohere(served, documents, query, reranker_folder):
    import cohere

    client = cohere.ClientV2(api_key=KEY, base_url=served.url)
    found = client.embed(
        model="tiny", texts=TEXTS, input_type="search_document", embedding_types=["float"]
    ).embeddings.float_
    same(found, documents)
    found = client.embed(model="tiny", texts=[QUERY], input_type="search_query", embedding_types=["float"])
    same(found.embeddings.float_[0], query)
    ranked = client.rerank(model=str(reranker_folder), query=QUERY, documents=TEXTS, top_n=1).results
    best = Qwen3Reranker(model=str(reranker_folder)).rank(QUERY, TEXTS, top_k=1)[0]
    assert (ranked[0].index, pytest.approx(ranked[0].relevance_score)) == (best.index, best.score)


@pytest.mark.parametrize("engine", ["openai", "tei"])
def test_our_own_remote_backend(served, documents, query, engine):
    remote = Qwen3Encoder(model="tiny", backend="remote", engine=engine, base_url=served.url)
    try:
        same(remote.encode_document(TEXTS), documents)
        # The instruction is sent written out, so it is no shared prefix: the same numbers up to their last bits.
        np.testing.assert_allclose(remote.encode_query([QUERY])[0], query, rtol=0, atol=1e-6)
        if engine == "tei":
            same(remote.encode_document([""]), Qwen3Encoder(model="tiny").encode_document([""]))
    finally:
        remote.unload()
