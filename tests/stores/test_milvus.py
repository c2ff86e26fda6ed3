"""MilvusHandle on Milvus Lite, and the traps of the adapters over it."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_milvus import Milvus
from milvus_haystack import MilvusDocumentStore
from pymilvus import DataType, MilvusClient

from qwen3_embed_integrations import ConfigError, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.stores import MilvusHandle, add_documents, guarded, handle_of

TEXTS = [f"text {i} of many" for i in range(30)]
IDS = [f"doc#{i}" for i in range(30)]
COSINE: dict[str, Any] = {"index_type": "AUTOINDEX", "metric_type": "COSINE", "params": {}}


@pytest.fixture
def handle(milvus: MilvusClient, name: str) -> MilvusHandle:
    found = MilvusHandle(milvus, name)
    found.create(64)
    return found


@pytest.fixture
def open_store(milvus: MilvusClient, embeddings: Qwen3Embeddings) -> Any:
    """LangChain's store on the same Milvus Lite file."""
    uri = milvus._config.uri

    def opened(name: str, **options: Any) -> Milvus:
        return Milvus(embeddings, collection_name=name, connection_args={"uri": uri}, **options)

    return opened


def test_langchains_default_metric_is_refused(open_store: Any, name: str, embeddings: Qwen3Embeddings) -> None:
    store = open_store(name)
    store.add_texts(["near", "far away"], ids=["a", "b"])
    scored = store.similarity_search_with_score("near", k=2)
    assert scored[0][1] < scored[1][1]  # stock: squared L2, the best has the least
    with pytest.raises(ConfigError, match=r'compares by l2.*"metric_type": "COSINE"'):
        guarded(store, embeddings)


def test_a_store_reopened_without_its_metric_reverses_relevance_and_is_refused(
    handle: MilvusHandle, open_store: Any, embeddings: Qwen3Embeddings
) -> None:
    add_documents(handle, ["near", "far away"], ["a", "b"], encoder=embeddings)
    store = open_store(handle.collection)
    scored = store.similarity_search_with_relevance_scores("near", k=2)
    assert scored[0][1] < scored[1][1]  # stock: the L2 formula on cosines
    with pytest.raises(ConfigError, match=r"opened with index_params of metric none.*COSINE"):
        guarded(store, embeddings)
    store = guarded(open_store(handle.collection, index_params=COSINE), embeddings)
    scored = store.similarity_search_with_relevance_scores("near", k=2)
    assert scored[0][1] > scored[1][1]


def test_haystacks_default_metric_is_refused(milvus: MilvusClient, name: str, encoder: Qwen3Encoder) -> None:
    from haystack import Document

    store = MilvusDocumentStore(collection_name=name, connection_args={"uri": milvus._config.uri})
    with pytest.raises(ConfigError, match="not made yet"):
        guarded(store, encoder)
    store.write_documents([Document(id="a", content="near", embedding=encoder.encode_document(["near"])[0].tolist())])
    with pytest.raises(ConfigError, match="compares by l2"):
        guarded(store, encoder)


def test_another_opener_overwrites_properties_but_not_through_stores(
    handle: MilvusHandle, open_store: Any, embeddings: Qwen3Embeddings
) -> None:
    guarded(handle, embeddings)
    other = open_store(handle.collection, index_params=COSINE, collection_properties={"qwen3_embed.space": "{}"})
    assert other.col is not None
    assert handle.label() == {}  # stock: the second opener's property stands, with no error
    guarded(handle, embeddings)  # an empty label is none: it is checked, and set again
    other = Qwen3Encoder(backend="fake", model="4B", dimension=64)
    with pytest.raises(SpaceMismatchError):
        guarded(handle, other)
    assert (handle.label() or {})["fingerprint"] == embeddings.encoder.space.fingerprint


def test_an_id_that_is_written_again_is_replaced_by_an_upsert(
    handle: MilvusHandle, encoder: Qwen3Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    upsert = handle.client.upsert
    monkeypatch.setattr(handle.client, "upsert", lambda *a, **k: (asked.append("upsert"), upsert(*a, **k))[1])
    monkeypatch.setattr(handle.client, "insert", lambda *_, **__: asked.append("insert"))  # a server keeps both
    for _ in range(2):
        add_documents(handle, TEXTS, IDS, encoder=encoder, existing="overwrite")
    assert (asked, handle.info().n_documents) == (["upsert", "upsert"], 30)


def test_metadata_that_no_field_keeps_is_refused(milvus: MilvusClient, name: str, open_store: Any) -> None:
    store = open_store(name, index_params=COSINE, auto_id=False)
    store.add_texts(["a"], [{"topic": "cats"}], ids=["a"])
    store.add_texts(["b"], [{"topic": "cats", "year": 2026}], ids=["b"])
    (found,) = milvus.query(name, filter="pk == 'b'", output_fields=["*"])
    assert "year" not in found  # stock: a key that the first document lacked is dropped
    with pytest.raises(ConfigError, match="no fields for the metadata year"):
        add_documents(store, ["c"], ["c"], [{"topic": "cats", "year": 2026}])
    add_documents(store, ["c"], ["c"], [{"topic": "cats"}])
    assert handle_of(store).info().n_documents == 3


def test_what_milvus_would_reject_halfway_is_refused_before(handle: MilvusHandle, encoder: Qwen3Encoder) -> None:
    with pytest.raises(ConfigError, match=r"Document 1 has 65,536 bytes, and the field 'text' takes 65,535"):
        add_documents(handle, ["a", "a" * 65_536], ["a", "b"], encoder=encoder)
    with pytest.raises(ConfigError, match="no fields for the metadata pk"):
        add_documents(handle, ["a"], ["a"], [{"pk": "b"}], encoder=encoder)
    assert handle.info().n_documents == 0


def declared(milvus: MilvusClient, name: str, primary: DataType = DataType.VARCHAR) -> MilvusHandle:
    """A collection with short fields of its own and no others."""
    schema = milvus.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("pk", primary, is_primary=True, **({"max_length": 8} if primary == DataType.VARCHAR else {}))
    schema.add_field("text", DataType.VARCHAR, max_length=10)
    schema.add_field("topic", DataType.VARCHAR, max_length=10)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=64)
    index = milvus.prepare_index_params()
    index.add_index("vector", index_type="AUTOINDEX", metric_type="COSINE")
    milvus.create_collection(name, schema=schema, index_params=index)
    return MilvusHandle(milvus, name)


def test_what_declared_fields_reject_is_refused_before(milvus: MilvusClient, name: str, encoder: Qwen3Encoder) -> None:
    handle = declared(milvus, name)
    whole = {"topic": "cats"}
    for texts, ids, metadatas, said in (
        (["a", "a longer text"], ["a", "b"], [whole, whole], r"Document 1 has 13 bytes, and the field 'text' takes 10"),
        (["a", "b"], ["a", "a longer id"], [whole, whole], r"Id 1 has 11 bytes, and the field 'pk' takes 8"),
        (["a", "b"], ["a", "b"], [whole, {}], "Metadata 1 has no value for topic"),
        (["a", "b"], ["a", "b"], [whole, {"topic": None}], "Metadata 1 has no value for topic"),
        (["a", "b"], ["a", "b"], [whole, {**whole, "year": 1}], "no fields for the metadata year"),
        (["a", "b"], ["a", "b"], [whole, {**whole, "vector": 1}], "no fields for the metadata vector"),
    ):
        with pytest.raises(ConfigError, match=said):
            add_documents(handle, texts, ids, metadatas, encoder=encoder)
    assert handle.info().n_documents == 0
    add_documents(handle, ["a", "b"], ["a", "b"], [whole, whole], encoder=encoder)
    assert handle.info().n_documents == 2


def test_ids_that_are_numbers_are_refused(milvus: MilvusClient, name: str, encoder: Qwen3Encoder) -> None:
    handle = declared(milvus, name, DataType.INT64)
    with pytest.raises(ConfigError, match="has no text ids in a field 'pk'"):
        add_documents(handle, ["a"], ["a"], [{"topic": "cats"}], encoder=encoder)


def test_metadata_without_a_json_form_is_refused_before(handle: MilvusHandle, encoder: Qwen3Encoder) -> None:
    for value in (object(), float("nan")):
        with pytest.raises(ConfigError, match=r"Metadata 1 is no JSON.*Nothing was written"):
            add_documents(handle, ["a", "b"], ["a", "b"], [{}, {"x": value}], encoder=encoder)
    add_documents(handle, ["a"], ["a"], [{"x": None, "y": (1, 2)}], encoder=encoder)
    (hit,) = handle.search(encoder.encode_document(["a"])[0], 1)
    assert dict(hit.metadata) == {"x": None, "y": [1, 2]}


def test_a_collection_that_makes_its_own_ids_is_refused_and_reported(
    milvus: MilvusClient, name: str, encoder: Qwen3Encoder
) -> None:
    schema = milvus.create_schema(auto_id=True, enable_dynamic_field=True)
    schema.add_field("pk", DataType.INT64, is_primary=True)
    schema.add_field("text", DataType.VARCHAR, max_length=100)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=64)
    index = milvus.prepare_index_params()
    index.add_index("vector", index_type="AUTOINDEX", metric_type="COSINE")
    milvus.create_collection(name, schema=schema, index_params=index)
    handle = MilvusHandle(milvus, name)
    with pytest.raises(ConfigError, match="makes its own ids"):
        add_documents(handle, ["a"], ["a"], encoder=encoder)
    (problem,) = handle.problems()
    assert "auto_id=False" in problem.remedy


def test_two_stages_rank_as_one(milvus: MilvusClient, name: str, encoder: Qwen3Encoder) -> None:
    handle = MilvusHandle(milvus, name)
    handle.create(64, first=16)
    add_documents(handle, TEXTS, IDS, [{"n": i} for i in range(30)], encoder=encoder)
    query = encoder.encode_query(["text 7"])[0]
    plain, staged = handle.search(query, 3), handle.search(query, 3, first=16)
    assert [hit.id for hit in staged] == [hit.id for hit in plain]
    assert [hit.score for hit in staged] == pytest.approx([hit.score for hit in plain], abs=1e-5)
    (hit,) = handle.search(query, 1, first=16, where="n == 3")
    assert (hit.id, dict(hit.metadata)) == ("doc#3", {"n": 3})
    with pytest.raises(ConfigError, match=r"no first stage of 8 numbers \(it has 16\)"):
        handle.search(query, first=8)


def test_several_vector_fields_need_a_name(milvus: MilvusClient, name: str) -> None:
    schema = milvus.create_schema()
    schema.add_field("pk", DataType.VARCHAR, is_primary=True, max_length=100)
    for field in ("text_vector", "image_vector"):
        schema.add_field(field, DataType.FLOAT_VECTOR, dim=64)
    milvus.create_collection(name, schema=schema)
    with pytest.raises(ConfigError, match=r"vector fields text_vector, image_vector.*vector=…"):
        MilvusHandle(milvus, name).info()
    assert MilvusHandle(milvus, name, vector="text_vector").info().metric == "none (no index)"
