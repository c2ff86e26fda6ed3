"""Laws of Qwen3EmbeddingFunction."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.errors import InvalidArgumentError
from chromadb.execution.expression import K, Knn, Search
from chromadb.utils.embedding_functions import known_embedding_functions

from checkpoints import MakeCheckpoint
from corpus import IDS, TEXTS
from qwen3_embed_integrations import (
    ConfigError,
    EncoderConfig,
    InputTypeError,
    Qwen3Encoder,
    SpaceMismatchError,
)
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction
from qwen3_embed_integrations.core.errors import EmptyInputError


def test_documents_are_raw_and_queries_carry_the_instruction(
    function: Qwen3EmbeddingFunction, checkpoint: Path
) -> None:
    encoder = Qwen3Encoder(model=str(checkpoint))
    np.testing.assert_array_equal(function(TEXTS), encoder.encode_document(TEXTS))
    np.testing.assert_array_equal(function.embed_query(TEXTS), encoder.encode_query(TEXTS))
    assert float(function(TEXTS)[0] @ function.embed_query(TEXTS)[0]) < 0.999


@pytest.mark.parametrize("role", ["__call__", "embed_query"])
def test_embeddings_are_a_list_of_float32_unit_embeddings(function: Qwen3EmbeddingFunction, role: str) -> None:
    embeddings = getattr(function, role)(TEXTS)
    assert isinstance(embeddings, list)
    assert {embedding.dtype for embedding in embeddings} == {np.dtype(np.float32)}
    assert {embedding.shape for embedding in embeddings} == {(64,)}
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


async def test_async_embeddings_are_the_sync_embeddings(function: Qwen3EmbeddingFunction) -> None:
    np.testing.assert_allclose(await function.aembed_documents(TEXTS), function(TEXTS), atol=1e-6)
    np.testing.assert_allclose(await function.aembed_query(TEXTS), function.embed_query(TEXTS), atol=1e-6)


@pytest.mark.parametrize("role", ["__call__", "embed_query"])
def test_bad_input_is_named(function: Qwen3EmbeddingFunction, role: str) -> None:
    embed = getattr(function, role)
    with pytest.raises(InputTypeError, match=r"(Text|Document) 1 is NoneType, expected str"):
        embed(["a", None])
    with pytest.raises(InputTypeError, match=r"(Text|Document) 0 is int"):
        embed([7])
    with pytest.raises(InputTypeError, match="list of str, found str"):
        embed("bare")
    with pytest.raises(InputTypeError, match="found NoneType"):
        embed(None)
    with pytest.raises(EmptyInputError, match="Give at least one"):
        embed([])


def test_an_unknown_option_is_refused_with_the_known_name() -> None:
    with pytest.raises(ConfigError, match="It is called 'timeout_s' here"):
        Qwen3EmbeddingFunction(timeout=3)
    with pytest.raises(ConfigError, match="Did you mean 'dimension'"):
        Qwen3EmbeddingFunction(dimensio=64)


async def test_a_cancelled_call_disturbs_no_other(function: Qwen3EmbeddingFunction) -> None:
    call = asyncio.create_task(function.aembed_documents([f"text {i}" for i in range(2000)]))
    for _ in range(5):
        await asyncio.sleep(0)  # the call is under way
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    np.testing.assert_allclose(await function.aembed_query(TEXTS), function.embed_query(TEXTS), atol=1e-6)


def test_the_integration_names_the_extra_that_it_lacks() -> None:
    code = "import sys; sys.modules['chromadb'] = None; import qwen3_embed_integrations.chroma"
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert 'pip install "qwen3-embed-integrations[chroma]"' in ran.stderr


def test_use_after_unload_loads_again(function: Qwen3EmbeddingFunction) -> None:
    before = function(TEXTS)
    function.encoder.unload()
    assert not function.encoder.is_loaded
    np.testing.assert_array_equal(function(TEXTS), before)


def test_making_building_and_describing_load_no_weights(own_checkpoint: Path) -> None:
    function = Qwen3EmbeddingFunction(model=str(own_checkpoint))
    built = Qwen3EmbeddingFunction.build_from_config(function.get_config())
    assert not built.is_legacy()
    assert not function.encoder.is_loaded


def test_a_model_that_is_not_there_is_no_obstacle_to_building() -> None:
    config = Qwen3EmbeddingFunction(model="nobody/has-this-model").get_config()
    assert "space" not in config
    assert Qwen3EmbeddingFunction.build_from_config(config).get_config() == config


def test_config_holds_what_decides_vectors_and_nothing_of_the_machine(checkpoint: Path) -> None:
    here = {
        "device": "cpu",
        "dtype": "float32",
        "cache_folder": "/somewhere",
        "token": "hf_secret",
        "local_files_only": True,
        "max_batch_tokens": 64,
        "show_progress": True,
    }
    semantic = {"dimension": 32, "task": "code", "document_task": "", "pooling": "mean", "max_length": 100}
    function = Qwen3EmbeddingFunction(model=str(checkpoint), **here, **semantic)
    config = function.get_config()
    assert not here.keys() & config.keys()
    assert semantic.items() <= config.items()
    assert "secret" not in json.dumps(config)
    assert config["space"] == function.space.to_dict()
    assert set(config) - {"space"} <= EncoderConfig.model_fields.keys()
    assert Qwen3EmbeddingFunction.build_from_config(config).get_config() == config


def test_a_relative_model_path_is_stored_absolute(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkpoint.parent)
    assert Qwen3EmbeddingFunction(model=checkpoint.name).get_config()["model"] == str(checkpoint.resolve())


def test_it_shows_its_options() -> None:
    assert repr(Qwen3EmbeddingFunction(model="tiny")) == "Qwen3EmbeddingFunction(Qwen3Encoder(model='tiny'))"


def test_it_is_registered_under_a_name_of_its_own() -> None:
    assert known_embedding_functions["qwen3_embed"] is Qwen3EmbeddingFunction
    assert Qwen3EmbeddingFunction.name() == "qwen3_embed"


def test_a_new_collection_metrics_cosine(client: ClientAPI, function: Qwen3EmbeddingFunction) -> None:
    collection = client.create_collection("docs", embedding_function=function)
    assert collection.configuration_json["hnsw"]["space"] == "cosine"
    assert function.supported_spaces() == ["cosine", "l2", "ip"]


@pytest.mark.parametrize("kind", ["persistent", "ephemeral", "http"])
def test_every_client_stores_and_finds(
    kind: str, client: ClientAPI, function: Qwen3EmbeddingFunction, request: pytest.FixtureRequest
) -> None:
    if kind == "ephemeral":
        client = chromadb.EphemeralClient()
    elif kind == "http":
        client = chromadb.HttpClient("127.0.0.1", request.getfixturevalue("server_port"))
    collection = client.create_collection(f"docs-{uuid.uuid4()}", embedding_function=function)
    collection.add(ids=IDS, documents=TEXTS, metadatas=[{"even": i % 2 == 0} for i in range(len(TEXTS))])
    stored = collection.get(ids=IDS, include=["embeddings"])["embeddings"]
    np.testing.assert_allclose(stored, function(TEXTS), atol=1e-6)
    ranked = [IDS[i] for i in np.argsort(-(np.asarray(function(TEXTS)) @ function.embed_query(["Paris"])[0]))]
    assert collection.query(query_texts=["Paris"], n_results=len(IDS))["ids"] == [ranked]
    even = collection.query(query_texts=["Paris"], n_results=9, where={"even": True})["ids"][0]
    assert even == [one for one in ranked if one in IDS[::2]]
    tower = collection.query(query_texts=["x"], n_results=9, where_document={"$contains": "tower"})
    assert tower["ids"] == [[IDS[0]]]
    both = collection.query(
        query_texts=["x"], where={"even": False}, where_document={"$contains": "return"}, n_results=9
    )
    assert both["ids"] == [[IDS[1]]]


def test_embeddings_serve_a_knn_search_that_asks_them_for_their_truth(function: Qwen3EmbeddingFunction) -> None:
    knn = Knn(query="Paris")
    collection = chromadb.EphemeralClient().create_collection(str(uuid.uuid4()), embedding_function=function)
    embedded = collection._embed_search_string_queries(Search().rank(knn).select(K.DOCUMENT))
    np.testing.assert_array_equal(embedded._rank.query, function.embed_query(["Paris"])[0])


def test_another_dimension_is_refused_by_chroma_at_the_latest(client: ClientAPI, checkpoint: Path) -> None:
    full, short = (Qwen3EmbeddingFunction(model=str(checkpoint), dimension=d) for d in (64, 32))
    client.create_collection("docs", embedding_function=full).add(ids=IDS, documents=TEXTS)
    with pytest.raises(InvalidArgumentError, match="dimension of 64, got 32"):
        client.get_collection("docs", embedding_function=short).query(query_texts=["x"])


REOPEN = """
import sys, chromadb, json
import qwen3_embed_integrations.chroma
assert "torch" not in sys.modules
collection = chromadb.PersistentClient(sys.argv[1]).get_collection("docs")
assert "torch" not in sys.modules, "reopening loads nothing"
print(json.dumps(collection.query(query_texts=["Paris"], n_results=5)["ids"]))
"""


def test_a_collection_reopens_in_a_fresh_process(client: ClientAPI, checkpoint: Path, tmp_path: Path) -> None:
    function = Qwen3EmbeddingFunction(model=str(checkpoint), dimension=32, task="code")
    collection = client.create_collection("docs", embedding_function=function)
    collection.add(ids=IDS, documents=TEXTS)
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", REOPEN, str(tmp_path / "store")], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == collection.query(query_texts=["Paris"], n_results=5)["ids"]


def test_first_use_refuses_weights_that_changed_since(
    client: ClientAPI, own_checkpoint: Path, make_checkpoint: MakeCheckpoint
) -> None:
    function = Qwen3EmbeddingFunction(model=str(own_checkpoint))
    client.create_collection("docs", embedding_function=function).add(ids=IDS, documents=TEXTS)
    function.encoder.unload()
    (own_checkpoint / "model.safetensors").write_bytes((make_checkpoint(seed=1) / "model.safetensors").read_bytes())
    reopened = client.get_collection("docs")
    with pytest.raises(SpaceMismatchError, match="weights: stored"):
        reopened.query(query_texts=["x"])
    with pytest.raises(SpaceMismatchError, match="weights: stored"):
        reopened.add(ids=["x"], documents=["x"])


def test_config_updates_may_change_the_query_task_only(client: ClientAPI, checkpoint: Path) -> None:
    model = str(checkpoint)
    collection = client.create_collection("docs", embedding_function=Qwen3EmbeddingFunction(model=model))
    collection.modify(configuration={"embedding_function": Qwen3EmbeddingFunction(model=model, task="code")})
    stored = client.get_collection("docs").configuration_json["embedding_function"]["config"]
    assert stored["task"] == "code"
    with pytest.raises(SpaceMismatchError, match="dimension: stored 64, now 32"):
        collection.modify(configuration={"embedding_function": Qwen3EmbeddingFunction(model=model, dimension=32)})


def test_config_updates_of_unseen_models_compare_options() -> None:
    unseen = Qwen3EmbeddingFunction(model="a/model")
    old = unseen.get_config()
    unseen.validate_config_update(old, Qwen3EmbeddingFunction(model="a/model", task="code").get_config())
    with pytest.raises(SpaceMismatchError, match="model: stored 'a/model', now 'b/model'"):
        unseen.validate_config_update(old, Qwen3EmbeddingFunction(model="b/model").get_config())
    with pytest.raises(SpaceMismatchError, match="pooling: stored None, now 'mean'"):
        unseen.validate_config_update(old, Qwen3EmbeddingFunction(model="a/model", pooling="mean").get_config())


def test_a_stored_config_of_unknown_options_is_refused() -> None:
    Qwen3EmbeddingFunction.validate_config({"model": "tiny"})
    with pytest.raises(ConfigError, match="Unknown option 'colour'"):
        Qwen3EmbeddingFunction.validate_config({"colour": "red"})
