"""CollectionHandle: what this package asks of a vector database, over the engine's raw client."""

from __future__ import annotations

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic_core import to_jsonable_python

from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.store_hits import FirstStage, StoreHit
from qwen3_embed_integrations.core.types import FloatArray

LABEL_KEY = "qwen3_embed_space"
"""Under which the description of the vector space is stored, where an engine has keys."""

_NAMESPACE = uuid.UUID("6f7d3b0e-6f0c-5a53-9d8b-3d1f3c8f6a11")  # of ids that an engine wants as UUIDs
_MOST_FETCHED = 16_384  # Milvus returns no more in one search


@dataclass(frozen=True)
class CollectionInfo:
    """What an engine says of a collection.

    Attributes:
        dimension: Length of its vectors; None if the engine doesn't say.
        metric: "cosine", "ip" (inner product), or the engine's word for another one.
        n_documents: How many it holds.
        index: The kind of index, in the engine's words; "" if it doesn't say.
    """

    dimension: int | None
    metric: str
    n_documents: int
    index: str = ""


@dataclass(frozen=True)
class Problem:
    """A finding of `CollectionHandle.problems`.

    Attributes:
        found: What is wrong, and what follows from it.
        remedy: The command or argument that mends it.
    """

    found: str
    remedy: str


@dataclass(frozen=True)
class StoredRecords:
    """Documents to write: columns of one length.

    Attributes:
        ids: As the engine stores them.
        names: The caller's ids.
        texts: The documents.
        embeddings: `[n, dimension]` float32 of unit length.
        metadatas: One dict a document.
    """

    ids: Sequence[str]
    names: Sequence[str]
    texts: Sequence[str]
    embeddings: FloatArray
    metadatas: Sequence[Mapping[str, Any]]


class CollectionHandle(ABC):
    """A collection of one engine: what it is, and the label that says which vector space it holds."""

    engine: ClassVar[str]
    metrics: ClassVar[frozenset[str]] = frozenset({"cosine", "ip"})
    """Metrics by which a higher score is nearer and unit vectors rank by cosine."""
    metric_remedy: ClassVar[str]
    """How to make a collection with the right metric, as a sentence."""
    label_remedy: ClassVar[str] = "Check that this user may change the collection."

    @property
    @abstractmethod
    def where(self) -> str:
        """Engine and collection, for messages."""

    @abstractmethod
    def exists(self) -> bool:
        """Return whether the collection has been made."""

    @abstractmethod
    def info(self) -> CollectionInfo:
        """Return what the engine says of the collection."""

    @abstractmethod
    def label(self) -> Mapping[str, Any] | None:
        """Return the stored description of the vector space; None if there is none."""

    @abstractmethod
    def set_label(self, space: Mapping[str, Any]) -> None:
        """Store the description of the vector space; what others have stored stays."""

    @abstractmethod
    def sample(self, n: int) -> list[tuple[str | None, Any]]:
        """Return (text, embedding) of up to `n` stored documents."""

    def close(self) -> None:
        """Close what the handle itself has opened; a client that it was given stays open."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def problems(self) -> list[Problem]:
        """Return what is wrong with the collection's index, beyond metric, dimension and label."""
        return []


class SearchableHandle(CollectionHandle):
    """A collection that can be searched."""

    @abstractmethod
    def search(
        self, embedding: FloatArray, k: int = 10, *, first: FirstStage = None, widen: int = 10, where: Any = None
    ) -> list[StoreHit]:
        """Return the `k` nearest documents, best first.

        Args:
            embedding: `[dimension]`, of a query, at full length.
            k: Documents to return.
            first: Find `widen * k` documents by the first numbers of the embedding, or by its signs ("binary"), and
                rank those by the whole of it. None: one stage.
            widen: How many times `k` documents the first stage finds.
            where: A filter in the engine's own form; passed on as it is.

        Raises:
            ConfigError: The engine or this collection has no such first stage.
        """


class WritableHandle(SearchableHandle):
    """A collection that can be written.

    Attributes:
        write_with: How to write where documents are stored in a framework's own form; "" where they are not.
    """

    write_with: str = ""

    def stored_ids(self, ids: Sequence[str]) -> list[str]:
        """Return the ids as the engine stores them."""
        return list(ids)

    @abstractmethod
    def existing_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of these stored ids that the collection holds."""

    def check_writable(self, texts: Sequence[str], metadatas: Sequence[Mapping[str, Any]]) -> None:
        """Raise ConfigError if the engine would refuse or drop a part of what will be written."""
        del texts, metadatas

    @abstractmethod
    def write(self, records: StoredRecords) -> None:
        """Insert the records, replacing those whose id is there."""


def text_of(payload: Mapping[str, Any], key: str) -> str | None:
    """Return the text of a stored document; LlamaIndex keeps it in the JSON of the node."""
    found = payload.get(key)
    if not isinstance(found, str) and "_node_content" in payload:
        found = json.loads(payload["_node_content"]).get("text")
    return found if isinstance(found, str) else None


def check_json(metadatas: Sequence[Mapping[str, Any]]) -> None:
    """Raise ConfigError if metadata has no JSON form: an engine would reject it after others are written."""
    for index, metadata in enumerate(metadatas):
        try:
            json.dumps(to_jsonable_python(metadata), allow_nan=False)
        except (TypeError, ValueError) as error:  # pydantic's error is a ValueError
            raise ConfigError(f"Metadata {index} is no JSON: {error}. Nothing was written.") from error


def as_uuids(ids: Sequence[str]) -> list[str]:
    """Return each id that is a UUID in small letters, and any other as the UUID that it always maps to."""
    return [one.lower() if _is_uuid(one) else str(uuid.uuid5(_NAMESPACE, one)) for one in ids]


def n_fetched(k: int, widen: int) -> int:
    """Return how many documents a first stage finds.

    Raises:
        ConfigError: `k` or `widen` is no positive integer.
    """
    for name, value in (("k", k), ("widen", widen)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ConfigError(f"{name}={value!r}: expected a positive integer.")
    return min(k * widen, max(k, _MOST_FETCHED))


def short_dimension(first: FirstStage, dimension: int, where: str) -> int:
    """Return the number of leading numbers that a first stage compares.

    Raises:
        ConfigError: It isn't a number below the dimension.
    """
    if isinstance(first, bool) or not isinstance(first, int) or not 0 < first < dimension:
        raise ConfigError(f"{where} has no first stage {first!r}. Give a number from 1 to {dimension - 1}.")
    return first


def _is_uuid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name.lower()
    except ValueError:
        return False
