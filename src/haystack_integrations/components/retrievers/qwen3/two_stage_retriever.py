"""Qwen3TwoStageRetriever: a query's embedding → the nearest documents, found by its first numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from haystack import Document, component

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.core.store_hits import FirstStage, SearchableStore


@component
class Qwen3TwoStageRetriever:
    """Finds documents by the first numbers of an embedding, and ranks those by the whole of it.

    Put a Qwen3TextEmbedder before it. A pipeline with this component can't be stored: it holds a client.

    Args:
        store: A handle of `qwen3_embed_integrations.stores`, such as `handle_of(document_store)`.
        top_k: Documents to return.
        first: The first stage: a number of leading components, "int8", "binary", or None for one stage.
        widen: How many times `top_k` documents the first stage finds.
    """

    def __init__(self, store: SearchableStore, *, top_k: int = 10, first: FirstStage = None, widen: int = 10) -> None:
        self.store, self.top_k, self.first, self.widen = store, top_k, first, widen

    @component.output_types(documents=list[Document])
    def run(
        self, query_embedding: list[float], top_k: int | None = None, filters: Any = None
    ) -> dict[str, Sequence[Document]]:
        """Return the nearest documents, best first; their score is the cosine at full length.

        Args:
            query_embedding: From a Qwen3TextEmbedder.
            top_k: Documents to return; None: the component's own.
            filters: In the engine's own form, not Haystack's.

        Returns:
            `documents`.

        Raises:
            ConfigError: The store has no such first stage.
        """
        embedding = np.asarray(query_embedding, dtype=np.float32)
        hits = self.store.search(embedding, top_k or self.top_k, first=self.first, widen=self.widen, where=filters)
        return {
            "documents": [
                Document(id=hit.id, content=hit.text, meta=dict(hit.metadata), score=hit.score) for hit in hits
            ]
        }

    def to_dict(self) -> dict[str, Any]:
        """Refuse to be stored.

        Raises:
            ConfigError: Always; the message says what to do.
        """
        raise ConfigError(
            "Qwen3TwoStageRetriever can't be stored: it holds a client of a vector database. Build it in code, and "
            "store the rest of the pipeline."
        )
