"""Chroma for real; Weaviate and Pinecone, whose engines don't run here, by fakes of the documented client calls."""

from __future__ import annotations

from types import SimpleNamespace as Answer
from typing import Any

import chromadb
import numpy as np
import pytest
from langchain_chroma import Chroma

from qwen3_embed_integrations import ConfigError, Qwen3Encoder, SpaceMismatchError
from qwen3_embed_integrations.chroma import open_collection
from qwen3_embed_integrations.langchain import Qwen3Embeddings
from qwen3_embed_integrations.stores import ChromaHandle, PineconeHandle, WeaviateHandle, add_documents, guarded

TEXTS = [f"text {i} of many" for i in range(3)]
OTHER = Qwen3Encoder(backend="fake", model="4B", dimension=64)


def test_chromas_label_is_the_one_of_open_collection(name: str, embeddings: Qwen3Embeddings) -> None:
    client = chromadb.EphemeralClient()
    collection = open_collection(client, name, embeddings)
    store = Chroma(name, embeddings, client=client)
    assert guarded(store, embeddings) is store
    with pytest.raises(SpaceMismatchError, match="weights: stored"):
        guarded(store, OTHER)
    assert ChromaHandle(collection).label() == embeddings.encoder.space.to_dict()


def test_a_chroma_collection_that_guarded_labels_opens_by_open_collection(
    name: str, embeddings: Qwen3Embeddings
) -> None:
    client = chromadb.EphemeralClient()
    collection = client.create_collection(
        name, metadata={"hnsw:space": "cosine", "owner": "me"}, embedding_function=None
    )
    collection.add(ids=["a"], documents=["text"], embeddings=embeddings.encoder.encode_document(["text"]).tolist())
    guarded(Chroma(name, embeddings, client=client), embeddings)
    again = client.get_collection(name)
    assert (again.metadata or {})["owner"] == "me"
    with pytest.raises(SpaceMismatchError, match="fingerprint: stored"):
        guarded(again, OTHER)
    open_collection(client, name, embeddings)
    with pytest.raises(ConfigError, match="Chroma is only checked here"):
        add_documents(again, TEXTS, TEXTS, encoder=embeddings)


class FakeWeaviate:
    """`collections.get(name)` with config.get, config.update, query.fetch_objects, aggregate.over_all."""

    def __init__(self, vectors: list[Any], metric: str = "cosine") -> None:
        index = Answer(distance_metric=Answer(value=metric))
        self.settings = Answer(description="Class for Docs", vector_index_config=index)
        objects = [
            Answer(properties={"text": text}, vector={"default": list(vector)})
            for text, vector in zip(TEXTS, vectors, strict=False)
        ]
        self.docs = Answer(
            config=Answer(get=lambda: self.settings, update=self.update),
            query=Answer(fetch_objects=lambda *, limit, **_: Answer(objects=objects[:limit])),
            aggregate=Answer(over_all=lambda **_: Answer(total_count=len(objects))),
        )
        self.collections = Answer(get=lambda _: self.docs, exists=lambda name: name == "Docs")

    def update(self, *, description: str) -> None:
        self.settings.description = description


class FakePinecone:
    """has_index, describe_index, configure_index and Index(name) with list, fetch, describe_index_stats."""

    def __init__(self, vectors: list[Any], metric: str = "cosine") -> None:
        self.found = Answer(dimension=64, metric=metric, tags={"owner": "me"})
        records = {
            str(i): Answer(values=list(vector), metadata={"text": text})
            for i, (text, vector) in enumerate(zip(TEXTS, vectors, strict=False))
        }
        self.index = Answer(
            describe_index_stats=lambda: Answer(total_vector_count=len(records)),
            list=lambda *, limit, **_: iter([list(records)[:limit]] if records else []),
            fetch=lambda *, ids, **_: Answer(vectors={one: records[one] for one in ids}),
        )

    def has_index(self, name: str) -> bool:
        return name == "docs"

    def describe_index(self, _: str) -> Any:
        return self.found

    def configure_index(self, _: str, *, tags: dict[str, str]) -> None:
        self.found.tags.update(tags)

    def Index(self, _: str) -> Any:  # noqa: N802 - the client's name
        return self.index


MAKE = {
    "weaviate": lambda vectors, metric="cosine": WeaviateHandle(FakeWeaviate(vectors, metric), "Docs"),
    "pinecone": lambda vectors, metric="cosine": PineconeHandle(FakePinecone(vectors, metric), "docs"),
}


@pytest.mark.parametrize("engine", MAKE)
def test_an_empty_collection_is_labelled_and_another_space_refused(engine: str, encoder: Qwen3Encoder) -> None:
    handle = MAKE[engine]([])
    guarded(handle, encoder)
    guarded(handle, encoder)
    assert (handle.label() or {})["fingerprint"] == encoder.space.fingerprint
    with pytest.raises(SpaceMismatchError, match=r"weights: stored|fingerprint: stored"):
        guarded(handle, OTHER)


@pytest.mark.parametrize("engine", MAKE)
def test_a_strangers_documents_are_sampled(engine: str, encoder: Qwen3Encoder) -> None:
    embedded = encoder.encode_document(TEXTS)
    guarded(MAKE[engine](embedded), encoder)
    with pytest.raises(SpaceMismatchError, match="embedded again"):
        guarded(MAKE[engine](np.roll(embedded, 1, axis=1)), encoder)


@pytest.mark.parametrize(("engine", "metric"), [("weaviate", "l2-squared"), ("pinecone", "euclidean")])
def test_l2_is_refused(engine: str, metric: str, encoder: Qwen3Encoder) -> None:
    with pytest.raises(ConfigError, match="compares by l2"):
        guarded(MAKE[engine]([], metric), encoder)


def test_what_others_wrote_stays(encoder: Qwen3Encoder) -> None:
    weaviate, pinecone = FakeWeaviate([]), FakePinecone([])
    guarded(WeaviateHandle(weaviate, "Docs"), encoder)
    guarded(PineconeHandle(pinecone, "docs"), encoder)
    assert weaviate.settings.description.splitlines()[0] == "Class for Docs"
    assert pinecone.found.tags["owner"] == "me"


def test_one_that_is_not_made_is_said(encoder: Qwen3Encoder) -> None:
    for handle in (WeaviateHandle(FakeWeaviate([]), "Other"), PineconeHandle(FakePinecone([]), "other")):
        with pytest.raises(ConfigError, match="not made yet"):
            guarded(handle, encoder)
