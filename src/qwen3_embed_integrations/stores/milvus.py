"""MilvusHandle: a Milvus collection over pymilvus, on a server or in a file (Milvus Lite)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic_core import to_jsonable_python

from qwen3_embed_integrations.core.errors import ConfigError, missing_extra
from qwen3_embed_integrations.core.matryoshka import truncate_and_normalize
from qwen3_embed_integrations.core.store_hits import FirstStage, StoreHit
from qwen3_embed_integrations.core.types import FloatArray

from .handle import (
    CollectionInfo,
    Problem,
    StoredRecords,
    WritableHandle,
    check_json,
    n_fetched,
    short_dimension,
    text_of,
)
from .milvus_fields import MOST_BYTES, check_keys, check_lengths, check_primary

try:
    from pymilvus import DataType, MilvusClient
except ImportError as error:
    raise missing_extra("pymilvus", "milvus") from error

FIRST_FIELD = "first"
"""Name of the short vector field of a two-stage collection."""

_LABEL = "qwen3_embed.space"  # a property; its values are strings


class MilvusHandle(WritableHandle):
    """A Milvus collection.

    Args:
        client: A `MilvusClient`.
        collection: Its name.
        vector: Name of the dense vector field; None: the only one beside "first".
        primary: Name of the primary field.
        text: Name of the text field.
        metadata: Name of a JSON field for the metadata; None: each key is a field of its own.
    """

    engine = "Milvus"
    metric_remedy: ClassVar[str] = (
        'Make the collection anew with index_params={"index_type": "AUTOINDEX", "metric_type": "COSINE", "params": {}} '
        '(LangChain and Haystack; similarity_metric="COSINE" in LlamaIndex), and write the documents again.'
    )

    def __init__(  # noqa: PLR0913 - the fields of a collection
        self,
        client: Any,
        collection: str,
        *,
        vector: str | None = None,
        primary: str = "pk",
        text: str = "text",
        metadata: str | None = None,
    ) -> None:
        self.client, self.collection = client, collection
        self.primary, self.text, self.metadata = primary, text, metadata
        self._vector, self._is_loaded = vector, False

    @property
    def where(self) -> str:
        """Engine and collection."""
        return f"Milvus collection {self.collection!r}"

    def exists(self) -> bool:
        """Return whether the collection has been made."""
        return bool(self.client.has_collection(self.collection))

    def create(self, dimension: int, *, first: int | None = None) -> None:
        """Make the collection: cosine, text ids, and any metadata keys.

        Args:
            dimension: Length of an embedding.
            first: Length of a second vector, for two-stage search; None: there is none.
        """
        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=True)
        for name in (self.primary, self.text):
            schema.add_field(name, DataType.VARCHAR, is_primary=name == self.primary, max_length=MOST_BYTES)
        fields = {self._vector or "vector": dimension}
        if first is not None:
            fields[FIRST_FIELD] = short_dimension(first, dimension, self.where)
        index = self.client.prepare_index_params()
        for name, size in fields.items():
            schema.add_field(name, DataType.FLOAT_VECTOR, dim=size)
            index.add_index(name, index_type="AUTOINDEX", metric_type="COSINE")
        self.client.create_collection(self.collection, schema=schema, index_params=index)

    def info(self) -> CollectionInfo:
        """Return what Milvus says of the collection."""
        field = self._field()
        index = self._index(field["name"])
        metric = str(index.get("metric_type", "")).lower() or "none (no index)"
        (found,) = self._loaded().query(self.collection, filter="", output_fields=["count(*)"])
        return CollectionInfo(int(field["params"]["dim"]), metric, int(found["count(*)"]), index.get("index_type", ""))

    def label(self) -> Mapping[str, Any] | None:
        """Return the description in the collection's properties."""
        found = self._description().get("properties", {}).get(_LABEL)
        return json.loads(found) if found else None

    def set_label(self, space: Mapping[str, Any]) -> None:
        """Write the description as a property; never by an adapter's `collection_properties`, which overwrites."""
        self.client.alter_collection_properties(self.collection, properties={_LABEL: json.dumps(dict(space))})

    def sample(self, n: int) -> list[tuple[str | None, Any]]:
        """Return (text, embedding) of some entities."""
        name = str(self._field()["name"])
        found = self._loaded().query(self.collection, filter="", limit=n, output_fields=["*", name])
        return [(text_of(one, self.text), one[name]) for one in found]

    def problems(self) -> list[Problem]:
        """Report a collection whose primary keys Milvus makes itself."""
        twice = "the collection makes its own ids, so a document that is added again is there twice"
        has_own = self._description().get("auto_id")
        return [Problem(twice, "make it anew with auto_id=False and give ids")] if has_own else []

    def existing_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of these ids that the collection holds."""
        found = self._loaded().get(self.collection, ids=list(ids), output_fields=[self.primary]) if ids else []
        return {str(one[self.primary]) for one in found}

    def check_writable(self, texts: Sequence[str], metadatas: Sequence[Mapping[str, Any]]) -> None:
        """Refuse what Milvus would reject halfway, or drop."""
        description = self._description()
        check_primary(description, self.primary, self.where)
        check_lengths(description["fields"], self.text, texts, "Document")
        check_json(metadatas)
        if self.metadata is None:
            reserved = {self.primary, self.text, *(str(one["name"]) for one in self._vector_fields())}
            check_keys(description, metadatas, reserved, self.where)

    def stored_ids(self, ids: Sequence[str]) -> list[str]:
        """Return the ids as they are.

        Raises:
            ConfigError: One is too long for its field.
        """
        check_lengths(self._description()["fields"], self.primary, ids, "Id")
        return list(ids)

    def write(self, records: StoredRecords) -> None:
        """Upsert the entities: an insert would leave two of one id on a server."""
        name, short = str(self._field()["name"]), self._short_size()
        heads = None if short is None else truncate_and_normalize(records.embeddings, short)
        data = []
        for i, (id_, text, metadata) in enumerate(zip(records.ids, records.texts, records.metadatas, strict=True)):
            entity = {self.primary: id_, self.text: text, name: records.embeddings[i]}
            plain = to_jsonable_python(dict(metadata))
            entity.update(plain if self.metadata is None else {self.metadata: plain})
            if heads is not None:
                entity[FIRST_FIELD] = heads[i]
            data.append(entity)
        self.client.upsert(self.collection, data)

    def search(
        self, embedding: FloatArray, k: int = 10, *, first: FirstStage = None, widen: int = 10, where: Any = None
    ) -> list[StoreHit]:
        """Return the nearest entities; with `first` their whole vectors are fetched and compared here.

        `where` is a boolean expression of Milvus, such as `'topic == "cats"'`.
        """
        limit, name = n_fetched(k, widen), str(self._field()["name"])
        query, field, n_wanted = embedding, name, k
        if first is not None:
            short = self._short_size()
            if short is None or short != first:
                raise ConfigError(
                    f"{self.where} has no first stage of {first!r} numbers (it has {short or 'none'}). "
                    f"Make it by MilvusHandle(client, name).create(dimension, first={first!r})."
                )
            query, field, n_wanted = truncate_and_normalize(embedding[None, :], short)[0], FIRST_FIELD, limit
        (found,) = self._loaded().search(
            self.collection,
            data=[query],
            anns_field=field,
            limit=n_wanted,
            filter=where or "",
            output_fields=["*", *([name] if first is not None else [])],
            search_params={"metric_type": "COSINE"} if first is not None else {},
        )
        hits = [self._hit(one, name, embedding if first is not None else None) for one in found]
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def _hit(self, found: Any, name: str, embedding: FloatArray | None) -> StoreHit:
        entity = dict(found["entity"])
        score = float(found["distance"])
        vector = entity.pop(name, None)
        if embedding is not None:
            stored = np.asarray(vector, dtype=np.float32)
            score = float(stored @ embedding / max(float(np.linalg.norm(stored)), 1e-12))
        text = text_of(entity, self.text)
        entity.pop(self.text, None)
        for key in (self.primary, FIRST_FIELD):
            entity.pop(key, None)
        metadata = entity if self.metadata is None else entity.get(self.metadata) or {}
        return StoreHit(str(found[self.primary]), score, text, metadata)

    def _loaded(self) -> Any:
        """Return the client once the collection is loaded: one that was opened again is not."""
        if not self._is_loaded:
            self.client.load_collection(self.collection)
            self._is_loaded = True
        return self.client

    def _description(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_collection(self.collection)
        return found

    def _vector_fields(self) -> list[dict[str, Any]]:
        return [field for field in self._description()["fields"] if field["type"] == DataType.FLOAT_VECTOR]

    def _field(self) -> dict[str, Any]:
        fields = self._vector_fields()
        chosen = (
            [one for one in fields if one["name"] == self._vector]
            if self._vector
            else [one for one in fields if one["name"] != FIRST_FIELD]
        )
        if len(chosen) != 1:
            raise ConfigError(
                f"{self.where} has the vector fields {', '.join(one['name'] for one in fields) or 'none'}. "
                "Say which is the dense one: MilvusHandle(client, name, vector=…)."
            )
        return chosen[0]

    def _short_size(self) -> int | None:
        return next((int(one["params"]["dim"]) for one in self._vector_fields() if one["name"] == FIRST_FIELD), None)

    def _index(self, field: str) -> dict[str, Any]:
        for name in self.client.list_indexes(self.collection):
            found: dict[str, Any] = self.client.describe_index(self.collection, name) or {}
            if found.get("field_name") == field:
                return found
        return {}


__all__ = ["FIRST_FIELD", "MilvusClient", "MilvusHandle"]
