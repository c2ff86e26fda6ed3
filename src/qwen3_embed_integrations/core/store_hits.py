"""StoreHit and SearchableStore: what a vector database finds, and who can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .types import FloatArray

FirstStage = int | Literal["int8", "binary"] | None
"""First stage of a search: the first n numbers of an embedding, a byte for each, its signs alone, or none."""


@dataclass(frozen=True)
class StoreHit:
    """A document that a vector database found.

    Attributes:
        id: The id in the store.
        score: Cosine with the query, at full length; the higher the better.
        text: The document; None if the store holds none.
        metadata: The document's own.
    """

    id: str
    score: float
    text: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class SearchableStore(Protocol):
    """What a retriever needs of a store: the handles of `qwen3_embed_integrations.stores` have it."""

    def search(
        self, embedding: FloatArray, k: int = 10, *, first: FirstStage = None, widen: int = 10, where: Any = None
    ) -> list[StoreHit]:
        """Return the `k` nearest documents, best first."""
        ...
