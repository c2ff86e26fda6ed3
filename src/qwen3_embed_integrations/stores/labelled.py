"""Handles that only label and check: Chroma, Weaviate and Pinecone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from .handle import LABEL_KEY, CollectionHandle, CollectionInfo

_LINE = "qwen3-embed-space: "  # begins a line of its own in Weaviate's description


class ChromaHandle(CollectionHandle):
    """A Chroma collection, as `open_collection` of `qwen3_embed_integrations.chroma` labels it.

    Args:
        collection: A `chromadb` collection.
    """

    engine = "Chroma"
    metrics: ClassVar[frozenset[str]] = frozenset({"cosine", "ip", "l2"})  # its scores are distances in all of them
    metric_remedy: ClassVar[str] = 'Make the collection with configuration={"hnsw": {"space": "cosine"}}.'

    def __init__(self, collection: Any) -> None:
        self.collection = collection

    @property
    def where(self) -> str:
        """Engine and collection."""
        return f"Collection {self.collection.name!r}"

    def exists(self) -> bool:
        """Return True: a collection exists as an object."""
        return True

    def info(self) -> CollectionInfo:
        """Return what Chroma says of the collection; the dimension is that of the first embedding."""
        found = self.collection.get(limit=1, include=["embeddings"])["embeddings"]
        dimension = len(found[0]) if found is not None and len(found) else None
        metric = ((self.collection.configuration_json or {}).get("hnsw") or {}).get("space") or "l2"
        return CollectionInfo(dimension, metric, int(self.collection.count()), "HNSW")

    def label(self) -> Mapping[str, Any] | None:
        """Return the description in the configuration, or the fingerprint in the metadata."""
        stored = (self.collection.configuration_json or {}).get("embedding_function") or {}
        fingerprint = (self.collection.metadata or {}).get(LABEL_KEY)
        space: Mapping[str, Any] | None = (stored.get("config") or {}).get("space")
        if space and fingerprint in (None, space.get("fingerprint")):
            return space
        return None if fingerprint is None else {"fingerprint": fingerprint}

    def set_label(self, space: Mapping[str, Any]) -> None:
        """Add the fingerprint to the collection's metadata."""
        kept = {key: value for key, value in (self.collection.metadata or {}).items() if key != "hnsw:space"}
        self.collection.modify(metadata={**kept, LABEL_KEY: space["fingerprint"]})

    def sample(self, n: int) -> list[tuple[str | None, Any]]:
        """Return (text, embedding) of the first documents."""
        found = self.collection.get(limit=n, include=["documents", "embeddings"])
        embeddings = [] if found["embeddings"] is None else list(found["embeddings"])
        return list(zip(found["documents"] or [None] * len(embeddings), embeddings, strict=True))


class WeaviateHandle(CollectionHandle):
    """A Weaviate collection. Experimental: tested against a fake of the client only.

    Args:
        client: A connected `weaviate` client.
        collection: Its name.
        text: Property of the text.
    """

    engine = "Weaviate"
    metric_remedy: ClassVar[str] = (
        "Make the collection anew with vector_index_config=Configure.VectorIndex.hnsw(distance_metric="
        "VectorDistances.COSINE)."
    )

    def __init__(self, client: Any, collection: str, *, text: str = "text") -> None:
        self.client, self.collection, self.text = client, collection, text

    @property
    def where(self) -> str:
        """Engine and collection."""
        return f"Weaviate collection {self.collection!r}"

    @property
    def _collection(self) -> Any:
        return self.client.collections.get(self.collection)

    def exists(self) -> bool:
        """Return whether the collection has been made."""
        return bool(self.client.collections.exists(self.collection))

    def info(self) -> CollectionInfo:
        """Return what Weaviate says of the collection; the dimension is that of the first object."""
        index = getattr(self._collection.config.get(), "vector_index_config", None)
        metric = str(getattr(getattr(index, "distance_metric", None), "value", "cosine"))
        sample = self.sample(1)
        dimension = len(sample[0][1]) if sample else None
        total = self._collection.aggregate.over_all(total_count=True).total_count
        return CollectionInfo(dimension, {"dot": "ip"}.get(metric, metric.split("-", maxsplit=1)[0]), int(total), "")

    def label(self) -> Mapping[str, Any] | None:
        """Return the description in the collection's own description."""
        for line in self._description().splitlines():
            if line.startswith(_LINE):
                found: Mapping[str, Any] = json.loads(line.removeprefix(_LINE))
                return found
        return None

    def set_label(self, space: Mapping[str, Any]) -> None:
        """Write the description as a line of the collection's description."""
        others = [line for line in self._description().splitlines() if not line.startswith(_LINE)]
        self._collection.config.update(description="\n".join([*others, _LINE + json.dumps(dict(space))]))

    def sample(self, n: int) -> list[tuple[str | None, Any]]:
        """Return (text, embedding) of the first objects."""
        found = self._collection.query.fetch_objects(limit=n, include_vector=True).objects
        vectors = [one.vector.get("default") if isinstance(one.vector, dict) else one.vector for one in found]
        return [(one.properties.get(self.text), vector) for one, vector in zip(found, vectors, strict=True) if vector]

    def _description(self) -> str:
        return self._collection.config.get().description or ""


class PineconeHandle(CollectionHandle):
    """A Pinecone index. Experimental: tested against a fake of the client only.

    Args:
        client: A `Pinecone` client.
        index: The name of the index.
        namespace: Where the sample is taken.
        text: Metadata key of the text.
    """

    engine = "Pinecone"
    metric_remedy: ClassVar[str] = 'Make the index anew: create_index(name, dimension=…, metric="cosine", spec=…).'
    label_remedy: ClassVar[str] = "Check that the API key may configure the index."
    _TAG = "qwen3-embed-space"

    def __init__(self, client: Any, index: str, *, namespace: str = "", text: str = "text") -> None:
        self.client, self.index, self.namespace, self.text = client, index, namespace, text

    @property
    def where(self) -> str:
        """Engine and index."""
        return f"Pinecone index {self.index!r}"

    def exists(self) -> bool:
        """Return whether the index has been made."""
        return bool(self.client.has_index(self.index))

    def info(self) -> CollectionInfo:
        """Return what Pinecone says of the index."""
        found = self.client.describe_index(self.index)
        total = self.client.Index(self.index).describe_index_stats().total_vector_count
        metric = str(found.metric)
        return CollectionInfo(int(found.dimension), {"dotproduct": "ip", "euclidean": "l2"}.get(metric, metric), total)

    def label(self) -> Mapping[str, Any] | None:
        """Return the fingerprint in the tags: a tag is too short for more."""
        found = dict(getattr(self.client.describe_index(self.index), "tags", None) or {}).get(self._TAG)
        return {"fingerprint": found} if found else None

    def set_label(self, space: Mapping[str, Any]) -> None:
        """Add the fingerprint to the tags of the index."""
        self.client.configure_index(self.index, tags={self._TAG: space["fingerprint"]})

    def sample(self, n: int) -> list[tuple[str | None, Any]]:
        """Return (text, embedding) of some records."""
        index = self.client.Index(self.index)
        page: list[Any] = next(iter(index.list(namespace=self.namespace, limit=n)), [])
        ids = [getattr(one, "id", one) for one in page][:n]
        found = index.fetch(ids=ids, namespace=self.namespace).vectors if ids else {}
        return [((one.metadata or {}).get(self.text), one.values) for one in found.values()]
