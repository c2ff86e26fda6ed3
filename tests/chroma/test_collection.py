"""Laws of open_collection: a collection of another vector space does not open."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.api.types import Documents, EmbeddingFunction, Embeddings
from chromadb.errors import NotFoundError

from checkpoints import MakeCheckpoint
from corpus import IDS, TEXTS
from qwen3_embed_integrations import (
    ConfigError,
    EncoderConfig,
    HubUnavailableError,
    ModelNotFoundError,
    Qwen3Encoder,
    SpaceMismatchError,
)
from qwen3_embed_integrations.chroma import Qwen3EmbeddingFunction, aopen_collection, open_collection
from qwen3_embed_integrations.chroma.configuration import write_configuration
from qwen3_embed_integrations.haystack import Qwen3DocumentEmbedder
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.llama_index import Qwen3Embedding


class Foreign(EmbeddingFunction[Documents]):
    """Another package's embedding function."""

    def __init__(self) -> None:
        pass

    def __call__(self, input: Documents) -> Embeddings:  # noqa: A002 - Chroma's name
        return [np.ones(64, dtype=np.float32) for _ in input]

    @staticmethod
    def name() -> str:
        return "foreign"

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> Foreign:
        return Foreign(**config)

    def get_config(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def filled(client: ClientAPI, checkpoint: Path) -> ClientAPI:
    open_collection(client, "docs", model=str(checkpoint)).add(ids=IDS, documents=TEXTS)
    return client


MISMATCHES = {
    "dimension": ({"dimension": 32}, "dimension: stored 64, now 32"),
    "pooling": ({"pooling": "mean"}, "pooling: stored 'lasttoken', now 'mean'"),
    "document instruction": ({"document_task": "sts"}, "document_prompt: stored '', now 'Instruct: Retrieve"),
    "symmetric task": ({"task": "sts"}, "document_prompt: stored '', now 'Instruct: Retrieve"),
}


@pytest.mark.parametrize(("options", "said"), MISMATCHES.values(), ids=MISMATCHES)
def test_another_space_is_refused_by_name(
    filled: ClientAPI, checkpoint: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpaceMismatchError) as caught:
        open_collection(filled, "docs", model=str(checkpoint), **options)
    message = str(caught.value)
    assert said in message
    assert "Collection 'docs'" in message
    assert "client.delete_collection('docs')" in message


def test_another_model_of_the_same_shape_is_refused_by_name(filled: ClientAPI, make_checkpoint: MakeCheckpoint) -> None:
    with pytest.raises(SpaceMismatchError, match=r"weights: stored '\w+', now '\w+' \(stored model 'model'"):
        open_collection(filled, "docs", model=str(make_checkpoint(seed=7)))


def test_the_same_space_opens_under_another_path_device_and_query_task(filled: ClientAPI, own_checkpoint: Path) -> None:
    collection = open_collection(filled, "docs", model=str(own_checkpoint), task="code", device="cpu", dtype="float32")
    assert collection.count() == len(TEXTS)


def test_without_options_a_collection_opens_as_stored(client: ClientAPI, checkpoint: Path) -> None:
    open_collection(client, "short", model=str(checkpoint), dimension=32).add(ids=IDS, documents=TEXTS)
    assert open_collection(client, "short").query(query_texts=["x"], n_results=1)["ids"]


def test_every_kind_of_encoder_opens(filled: ClientAPI, checkpoint: Path) -> None:
    model = str(checkpoint)
    kinds = [
        EncoderConfig(model=model),
        Qwen3Encoder(model=model),
        Qwen3EmbeddingFunction(model=model),
        Qwen3Embeddings(model=model),
        Qwen3Embedding(model=model),
        Qwen3DocumentEmbedder(model=model),
    ]
    for kind in kinds:
        assert open_collection(filled, "docs", kind).count() == len(TEXTS)
        with pytest.raises(SpaceMismatchError, match="dimension"):
            open_collection(filled, "docs", kind, dimension=40)
    with pytest.raises(ConfigError, match="Can't embed with dict"):
        open_collection(filled, "docs", {"model": model})


def test_a_new_collection_takes_metadata_and_configuration(client: ClientAPI, checkpoint: Path) -> None:
    collection = open_collection(
        client,
        "docs",
        model=str(checkpoint),
        metadata={"owner": "me"},
        configuration={"hnsw": {"space": "ip", "ef_search": 50}},
    )
    space = collection.configuration_json["embedding_function"]["config"]["space"]
    assert collection.metadata == {"owner": "me", "qwen3_embed_space": space["fingerprint"]}
    assert collection.configuration_json["hnsw"]["space"] == "ip"
    assert collection.configuration_json["hnsw"]["ef_search"] == 50


def test_a_missing_model_leaves_no_empty_collection_behind(client: ClientAPI) -> None:
    with pytest.raises(ModelNotFoundError):
        open_collection(client, "docs", model="/no/such/folder")
    with pytest.raises(NotFoundError):
        client.get_collection("docs")


def test_a_collection_of_another_function_is_refused(client: ClientAPI, checkpoint: Path) -> None:
    client.create_collection("docs", embedding_function=Foreign())
    with pytest.raises(SpaceMismatchError, match=r"another embedding function.*qwen3_embed vs persisted: foreign"):
        open_collection(client, "docs", model=str(checkpoint))
    both: dict[str, Any] = {"hnsw": {"space": "ip"}, "spann": {"space": "ip"}}
    with pytest.raises(ValueError, match="hnsw and spann cannot both be provided"):
        open_collection(client, "new", model=str(checkpoint), configuration=both)


def test_an_undescribed_collection_of_this_space_is_recognised_and_described(
    client: ClientAPI, function: Qwen3EmbeddingFunction
) -> None:
    plain = client.create_collection("docs", embedding_function=None)
    plain.add(ids=IDS, documents=TEXTS, embeddings=function(TEXTS))
    open_collection(client, "docs", function)
    stored = client.get_collection("docs").configuration_json["embedding_function"]
    assert stored["config"]["space"] == function.space.to_dict()


def test_an_undescribed_empty_collection_is_described(client: ClientAPI, function: Qwen3EmbeddingFunction) -> None:
    client.create_collection("docs", embedding_function=None)
    assert open_collection(client, "docs", function).configuration_json["embedding_function"]["config"]


def test_an_undescribed_collection_of_another_space_is_refused(
    client: ClientAPI, function: Qwen3EmbeddingFunction
) -> None:
    other, short, bare = (client.create_collection(n, embedding_function=None) for n in ("other", "short", "bare"))
    other.add(ids=IDS, documents=TEXTS, embeddings=function.embed_query(TEXTS))
    short.add(ids=IDS, documents=TEXTS, embeddings=[embedding[:32] for embedding in function(TEXTS)])
    bare.add(ids=IDS, embeddings=function(TEXTS))
    with pytest.raises(SpaceMismatchError, match="embedded again, has cosine 0"):
        open_collection(client, "other", function)
    with pytest.raises(SpaceMismatchError, match="dimension: stored 32, now 64"):
        open_collection(client, "short", function)
    with pytest.raises(SpaceMismatchError, match="holds no texts to find out"):
        open_collection(client, "bare", function)


def test_a_new_collection_without_options_asks_for_the_default_model(client: ClientAPI) -> None:
    with pytest.raises(HubUnavailableError, match=r"Qwen/Qwen3-Embedding-0\.6B"):
        open_collection(client, "new")
    assert client.list_collections() == []


def test_the_guard_holds_over_http(server_port: int, checkpoint: Path) -> None:
    client, name = chromadb.HttpClient("127.0.0.1", server_port), f"docs-{uuid.uuid4()}"
    open_collection(client, name, model=str(checkpoint)).add(ids=IDS, documents=TEXTS)
    with pytest.raises(SpaceMismatchError, match="pooling: stored 'lasttoken', now 'cls'"):
        open_collection(client, name, model=str(checkpoint), pooling="cls")


async def test_the_async_guard_obeys_the_same_laws(
    server_port: int, checkpoint: Path, function: Qwen3EmbeddingFunction
) -> None:
    client = await chromadb.AsyncHttpClient("127.0.0.1", server_port)
    name = f"docs-{uuid.uuid4()}"
    await (await aopen_collection(client, name, function)).add(ids=IDS, documents=TEXTS)
    again = await aopen_collection(client, name)
    assert await again.count() == len(TEXTS)
    with pytest.raises(SpaceMismatchError, match="dimension: stored 64, now 32"):
        await aopen_collection(client, name, model=str(checkpoint), dimension=32)
    undescribed = await client.create_collection(f"docs-{uuid.uuid4()}", embedding_function=None)
    await undescribed.add(ids=IDS, documents=TEXTS, embeddings=function(TEXTS))
    with pytest.raises(SpaceMismatchError, match="holds vectors of another space"):
        await aopen_collection(client, undescribed.name, model=str(checkpoint), pooling="mean")
    with pytest.raises(HubUnavailableError, match=r"Qwen/Qwen3-Embedding-0\.6B"):
        await aopen_collection(client, f"new-{uuid.uuid4()}")
    described = await aopen_collection(client, undescribed.name, function)
    assert described.configuration_json["embedding_function"]["name"] == "qwen3_embed"


@pytest.mark.parametrize("other", [{"dimension": 32}, {"pooling": "mean"}])
def test_a_refused_modify_of_chromas_is_noticed_and_set_right(
    client: ClientAPI, checkpoint: Path, other: dict[str, Any]
) -> None:
    """Chromadb 1.5.9 writes first and asks then; docs/chroma.md says so. When it asks first, drop the witness."""
    model = str(checkpoint)
    collection = open_collection(client, "docs", model=model)
    collection.add(ids=IDS, documents=TEXTS)
    with pytest.raises(SpaceMismatchError):  # what collection.modify does, once nobody else writes
        write_configuration(collection, Qwen3EmbeddingFunction(model=model, **other))
    stored = client.get_collection("docs").configuration_json["embedding_function"]["config"]
    assert {name: stored[name] for name in other} == other, "Chroma asks first now: drop the witness"
    with pytest.raises(SpaceMismatchError, match=r"overwritten by collection\.modify"):
        open_collection(client, "docs", model=model, **other)
    mended = open_collection(client, "docs", model=model)
    assert mended.query(query_texts=[TEXTS[0]], n_results=1)["ids"] == [[IDS[0]]]
    stored = client.get_collection("docs").configuration_json["embedding_function"]["config"]
    assert stored["space"] == Qwen3EmbeddingFunction(model=model).space.to_dict()
