import asyncio
import pickle
import warnings

import numpy as np
import pytest
from langchain_classic.embeddings.cache import CacheBackedEmbeddings
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_core.stores import InMemoryByteStore
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from qwen3_embed_integrations import ConfigError, EncoderConfig, InputTypeError, Qwen3Encoder, TruncationWarning
from qwen3_embed_integrations.langchain import Qwen3Embeddings

TEXTS = [
    "Paris is the capital of France.",
    "Cats sleep most of the day.",
    "Python lists are sorted with sorted().",
]


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self):
        return Qwen3Embeddings

    @property
    def embedding_model_params(self):
        return {"model": "tiny"}


class TestIntegration(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self):
        return Qwen3Embeddings

    @property
    def embedding_model_params(self):
        return {"model": "tiny"}


@pytest.fixture
def embeddings(checkpoint):
    return Qwen3Embeddings(model=str(checkpoint))


def test_the_integration_gives_the_encoder_s_embeddings_as_python_floats(embeddings, checkpoint):
    encoder = Qwen3Encoder(model=str(checkpoint))
    documents, query = embeddings.embed_documents(TEXTS), embeddings.embed_query("Where is Paris?")
    np.testing.assert_allclose(documents, encoder.encode_document(TEXTS), atol=1e-6)
    np.testing.assert_allclose(query, encoder.encode_query(["Where is Paris?"])[0], atol=1e-6)
    assert {type(number) for number in [*query, *documents[0]]} == {float}


def test_async_methods_equal_sync_ones(embeddings):
    async def ask():
        return await embeddings.aembed_documents(TEXTS), await embeddings.aembed_query("q")

    documents, query = asyncio.run(ask())
    np.testing.assert_allclose(documents, embeddings.embed_documents(TEXTS), atol=1e-6)
    np.testing.assert_allclose(query, embeddings.embed_query("q"), atol=1e-6)


def test_every_option_of_the_config_is_a_keyword():
    assert set(EncoderConfig.model_fields) <= set(Qwen3Embeddings.model_fields)


def test_model_name_is_taken_for_model_and_not_beside_it():
    assert Qwen3Embeddings(model_name="4B").model == "Qwen/Qwen3-Embedding-4B"
    with pytest.raises(ConfigError, match="not both"):
        Qwen3Embeddings(model="4B", model_name="8B")


@pytest.mark.parametrize(
    ("option", "hint"),
    [("dimenson", "Did you mean 'dimension'"), ("timeout", "It is called 'timeout_s' here")],
)
def test_an_unknown_option_is_refused_with_the_nearest_name(option, hint):
    with pytest.raises(ConfigError, match=hint):
        Qwen3Embeddings(**{option: 64})


def test_the_repr_holds_no_secret():
    assert "hf_secret" not in repr(Qwen3Embeddings(model="tiny", token="hf_secret"))


def test_a_task_copy_changes_queries_and_no_documents(embeddings):
    code = embeddings.with_task("code")
    assert embeddings.task is None
    assert code.embed_documents(TEXTS) == embeddings.embed_documents(TEXTS)
    assert not np.allclose(code.embed_query("q"), embeddings.embed_query("q"), atol=1e-4)


@pytest.mark.parametrize("texts", ["a string", None, ["a", None], [b"x"]])
def test_what_is_no_list_of_str_is_a_type_error(embeddings, texts):
    with pytest.raises(InputTypeError):
        embeddings.embed_documents(texts)


@pytest.mark.parametrize("text", [None, ["a"], b"x", 3])
def test_a_query_that_is_no_str_is_a_type_error(embeddings, text):
    with pytest.raises(InputTypeError, match="The query is"):
        embeddings.embed_query(text)


def test_no_documents_give_no_embeddings(embeddings):
    assert embeddings.embed_documents([]) == []


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
def test_dumps_and_loads_round_trip_without_the_token():
    embeddings = Qwen3Embeddings(model="tiny", dimension=128, task="code", token="hf_secret")
    stored = dumps(embeddings)
    assert "hf_secret" not in stored
    back = loads(stored, allowed_objects=[Qwen3Embeddings], valid_namespaces=["qwen3_embed_integrations"])
    assert back == Qwen3Embeddings(model="tiny", dimension=128, task="code")


def test_pickling_keeps_the_options():
    embeddings = Qwen3Embeddings(model="tiny", dimension=128)
    assert pickle.loads(pickle.dumps(embeddings)) == embeddings  # noqa: S301 - our own bytes


def test_batch_and_threads_give_each_caller_its_embedding(embeddings):
    runnable = RunnableLambda(embeddings.embed_query)
    queries = [f"question {i}" for i in range(40)]
    vectors = runnable.batch(queries, config={"max_concurrency": 8})
    np.testing.assert_allclose(vectors, [embeddings.embed_query(query) for query in queries], atol=1e-6)


def test_the_in_memory_store_finds_a_text_by_itself(embeddings):
    store = InMemoryVectorStore.from_texts(TEXTS, embeddings)
    found = store.similarity_search_by_vector(embeddings.embed_documents([TEXTS[1]])[0], k=1)
    assert found[0].page_content == TEXTS[1]


@pytest.mark.filterwarnings("ignore:legacy embedding function config")  # langchain-chroma 1.1 gives Chroma none
def test_chroma_stores_and_finds(tmp_path):
    from langchain_chroma import Chroma

    store = Chroma(
        "facts",
        Qwen3Embeddings(model="tiny", dimension=128),
        persist_directory=str(tmp_path),
        collection_configuration={"hnsw": {"space": "cosine"}},
    )
    store.add_documents([Document(text) for text in TEXTS])
    found = store.similarity_search_by_vector(store.embeddings.embed_documents([TEXTS[2]])[0], k=3)
    assert found[0].page_content == TEXTS[2]
    assert len(store.similarity_search("How do I sort?", k=3)) == 3


def test_the_document_cache_computes_a_text_once_and_separates_spaces_and_roles(embeddings):
    store = InMemoryByteStore()
    namespace = embeddings.cache_namespace()
    cached = CacheBackedEmbeddings.from_bytes_store(embeddings, store, namespace=namespace, key_encoder="sha256")
    assert cached.embed_documents(TEXTS) == cached.embed_documents(TEXTS)
    assert len(list(store.yield_keys())) == len(TEXTS)
    namespaces = {
        namespace,
        embeddings.replace(dimension=32).cache_namespace(),
        embeddings.cache_namespace("query"),
        embeddings.with_task("code").cache_namespace("query"),
    }
    assert len(namespaces) == 4
    with pytest.raises(ConfigError, match="Unknown role"):
        embeddings.cache_namespace("passage")


def test_an_lcel_chain_with_history_retrieves_and_answers(embeddings):
    store = InMemoryVectorStore.from_texts(TEXTS, embeddings)
    seen = []

    def context(question):
        seen.append([document.page_content for document in store.as_retriever().invoke(question)])
        return "\n".join(seen[-1])

    prompt = ChatPromptTemplate.from_messages(
        [("system", "{context}"), MessagesPlaceholder("history"), ("human", "{question}")]
    )
    model = GenericFakeChatModel(messages=iter([AIMessage("first"), AIMessage("second")]))
    chain = RunnablePassthrough.assign(context=lambda values: context(values["question"])) | prompt | model
    history = []
    for question, answer in (("What do cats do?", "first"), ("And Paris?", "second")):
        reply = chain.invoke({"question": question, "history": history})
        assert reply.content == answer
        history += [HumanMessage(question), reply]
    assert all(sorted(found) == sorted(TEXTS) for found in seen)


def test_a_shared_store_never_answers_with_the_embedding_of_another_max_length():
    store, text = InMemoryByteStore(), "The harbour was closed. " * 10 + "Bees dance to tell of flowers. " * 60
    cut, whole = (Qwen3Embeddings(model="tiny", **options) for options in ({"max_length": 32}, {}))
    found = []
    for embeddings in (cut, whole):
        cached = CacheBackedEmbeddings.from_bytes_store(
            embeddings, store, namespace=embeddings.cache_namespace(), key_encoder="sha256"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TruncationWarning)
            found.append((cached.embed_documents([text])[0], embeddings.embed_documents([text])[0]))
    for from_cache, computed in found:
        np.testing.assert_allclose(from_cache, computed, atol=1e-6)
    assert np.dot(found[0][1], found[1][1]) < 0.9
