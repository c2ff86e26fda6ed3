"""QdrantHandle: a Qdrant collection over its client, on a server or in this process (local mode)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from qwen3_embed_integrations.core.errors import ConfigError, missing_extra
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize
from qwen3_embed_integrations.core.store_hits import FirstStage, StoreHit
from qwen3_embed_integrations.core.types import FloatArray

from .handle import (
    LABEL_KEY,
    CollectionInfo,
    Problem,
    StoredRecords,
    WritableHandle,
    as_uuids,
    check_json,
    n_fetched,
    text_of,
)
from .qdrant_stages import FIRST_VECTOR, check_codes, prefetches, search_codes, vectors_config
from .qdrant_transaction import one_transaction

try:
    from qdrant_client import QdrantClient
except ImportError as error:
    raise missing_extra("qdrant-client", "qdrant") from error

_NAME = "qwen3_embed_id"  # payload key of the caller's id: a point's own is a UUID or a number
_METRICS = {"Cosine": "cosine", "Dot": "ip", "Euclid": "l2", "Manhattan": "l1"}
_BATCH = 256  # points of one request: 1,024 numbers are about 20 KB of JSON, and a server takes 32 MiB
_LOCAL_LIMIT = 20_000  # points above which local mode warns: it compares with every one


class QdrantHandle(WritableHandle):
    """A Qdrant collection.

    Args:
        client: A `QdrantClient`.
        collection: Its name.
        vector: Name of the dense vector; None: the only one, or "full" beside "first".
        text_key: Payload key of the text.
        metadata_key: Payload key of the metadata.
    """

    engine = "Qdrant"
    metric_remedy: ClassVar[str] = (
        "Make the collection anew with distance=Distance.COSINE (LangChain), similarity='cosine' (Haystack) "
        "or VectorParams(distance=Distance.COSINE), and write the documents again."
    )
    label_remedy: ClassVar[str] = "Servers before 1.16 drop a collection's metadata: upgrade the server."

    def __init__(
        self,
        client: Any,
        collection: str,
        *,
        vector: str | None = None,
        text_key: str = "page_content",
        metadata_key: str = "metadata",
    ) -> None:
        self.client, self.collection = client, collection
        self.text_key, self.metadata_key = text_key, metadata_key
        self._vector = vector

    @property
    def where(self) -> str:
        """Engine and collection."""
        return f"Qdrant collection {self.collection!r}"

    def exists(self) -> bool:
        """Return whether the collection has been made."""
        return bool(self.client.collection_exists(self.collection))

    def create(self, dimension: int, *, first: FirstStage = None) -> None:
        """Make the collection: cosine, this dimension, and for two-stage search what the first stage compares.

        Args:
            dimension: Length of an embedding.
            first: Length of a second vector: the two are named "full" and "first", and "full" has no graph of its own.
                "int8" or "binary": codes that the server makes and keeps in memory, the whole vectors on disk. None:
                there is one stage.
        """
        self.client.create_collection(self.collection, vectors_config=vectors_config(dimension, first, self.where))

    def info(self) -> CollectionInfo:
        """Return what Qdrant says of the collection."""
        found = self.client.get_collection(self.collection)
        params = self._params(found)
        metric = _METRICS.get(params.distance.value, params.distance.value)
        count = self.client.count(self.collection, exact=True).count
        return CollectionInfo(params.size, metric, count, "brute force (local mode)" if self._is_local() else "HNSW")

    def label(self) -> Mapping[str, Any] | None:
        """Return the description in the collection's metadata."""
        metadata = getattr(self.client.get_collection(self.collection).config, "metadata", None) or {}
        return metadata.get(LABEL_KEY)

    def set_label(self, space: Mapping[str, Any]) -> None:
        """Add the description to the collection's metadata."""
        self.client.update_collection(self.collection, metadata={LABEL_KEY: dict(space)})

    def sample(self, n: int) -> list[tuple[str | None, Any]]:
        """Return (text, embedding) of the first points."""
        name = self._name()
        points, _ = self.client.scroll(self.collection, limit=n, with_payload=True, with_vectors=True)
        vectors = [one.vector.get(name) if isinstance(one.vector, dict) else one.vector for one in points]
        return [
            (text_of(point.payload or {}, self.text_key), vector)
            for point, vector in zip(points, vectors, strict=True)
            if vector is not None
        ]

    def problems(self) -> list[Problem]:
        """Report local mode with many points."""
        count = self.client.count(self.collection, exact=True).count
        if not self._is_local() or count <= _LOCAL_LIMIT:
            return []
        return [
            Problem(
                f"{count:,} points in local mode, which compares a query with every one of them",
                "docker run -p 6333:6333 qdrant/qdrant, then QdrantClient('http://localhost:6333')",
            )
        ]

    def stored_ids(self, ids: Sequence[str]) -> list[str]:
        """Return the ids as UUIDs: Qdrant takes no other strings."""
        return as_uuids(ids)

    def existing_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of these points that exist."""
        points = self.client.retrieve(self.collection, ids=list(ids), with_payload=False, with_vectors=False)
        return {str(point.id) for point in points}

    def check_writable(self, texts: Sequence[str], metadatas: Sequence[Mapping[str, Any]]) -> None:
        """Refuse metadata that has no JSON form."""
        del texts
        check_json(metadatas)

    def write(self, records: StoredRecords) -> None:
        """Upsert the points; in local mode in one transaction."""
        vectors: Any = records.embeddings
        short = self._short_size()
        if short is not None:
            head = truncate_and_normalize(records.embeddings, short)
            vectors = {self._name(): records.embeddings, FIRST_VECTOR: head}
        elif self._name():
            vectors = {self._name(): records.embeddings}
        payload = [
            {self.text_key: text, self.metadata_key: dict(metadata), _NAME: name}
            for name, text, metadata in zip(records.names, records.texts, records.metadatas, strict=True)
        ]
        with one_transaction(self.client, self.collection):
            self.client.upload_collection(
                self.collection, vectors=vectors, payload=payload, ids=list(records.ids), batch_size=_BATCH, wait=True
            )

    def search(
        self, embedding: FloatArray, k: int = 10, *, first: FirstStage = None, widen: int = 10, where: Any = None
    ) -> list[StoreHit]:
        """Return the nearest points; with `first`, points that lack the short vector are compared by the whole one.

        `where` is a `models.Filter`.
        """
        limit, name = n_fetched(k, widen), self._name()
        stages, parameters = [], None
        if first in {"int8", "binary"}:
            if not self._is_local():  # local mode keeps no codes, and compares whole vectors
                check_codes(self._params(self.client.get_collection(self.collection)), first, self.where)
                parameters = search_codes(widen)
        elif first is not None:
            stages = prefetches(embedding, name, self._first_size(first), (limit, k), where)
        found = self.client.query_points(
            self.collection,
            query=[float(number) for number in embedding],
            using=name or None,
            prefetch=stages or None,
            query_filter=None if stages else where,
            search_params=parameters,
            limit=k,
            with_payload=True,
        )
        return [
            StoreHit(
                str((point.payload or {}).get(_NAME, point.id)),
                float(point.score),
                text_of(point.payload or {}, self.text_key),
                (point.payload or {}).get(self.metadata_key) or {},
            )
            for point in found.points
        ]

    def _first_size(self, first: FirstStage) -> int:
        size = self._short_size()
        if size is None or size != first:
            have = "none" if size is None else str(size)
            raise ConfigError(
                f"{self.where} has no first stage of {first!r} numbers (it has {have}). "
                f"Make it by QdrantHandle(client, name).create(dimension, first={first!r})."
            )
        return size

    def _params(self, found: Any) -> Any:
        vectors = found.config.params.vectors
        return vectors[self._name(vectors)] if isinstance(vectors, dict) else vectors

    def _name(self, vectors: Any = None) -> str:
        """Return the name of the dense vector; "" for the unnamed one."""
        if self._vector is not None:
            return self._vector
        if vectors is None:
            vectors = self.client.get_collection(self.collection).config.params.vectors
        names = [name for name in vectors if name != FIRST_VECTOR] if isinstance(vectors, dict) else [""]
        if len(names) != 1:
            raise ConfigError(
                f"{self.where} has the vectors {', '.join(names) or 'none'}. "
                "Say which is the dense one: QdrantHandle(client, name, vector=…)."
            )
        return str(names[0])

    def _short_size(self) -> int | None:
        vectors = self.client.get_collection(self.collection).config.params.vectors
        short = vectors.get(FIRST_VECTOR) if isinstance(vectors, dict) else None
        return None if short is None else int(short.size)

    def _is_local(self) -> bool:
        return type(getattr(self.client, "_client", None)).__name__ == "QdrantLocal"


__all__ = ["FIRST_VECTOR", "QdrantClient", "QdrantHandle"]
