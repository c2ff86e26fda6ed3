"""Qwen3TwoStageRetriever(BaseRetriever): two-stage Matryoshka search in LlamaIndex."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from qwen3_embed_integrations import ConfigError
from qwen3_embed_integrations.core.store_hits import FirstStage, SearchableStore
from qwen3_embed_integrations.core.types import FloatArray

from .embedding import Qwen3Embedding


class Qwen3TwoStageRetriever(BaseRetriever):
    """Find nodes by the first numbers of an embedding, and rank those by the whole of it.

    Args:
        store: A handle of `qwen3_embed_integrations.stores`, such as `handle_of(vector_store)`.
        embed_model: What embedded the nodes.
        similarity_top_k: How many nodes to return.
        first: The first stage: a number of leading components, "int8", "binary", or None for one stage.
        widen: How many times `similarity_top_k` nodes the first stage finds.
        where: A filter in the engine's own form.
        **options: As in LlamaIndex's `BaseRetriever`.

    Raises:
        ConfigError: `embed_model` is not of this package.
    """

    def __init__(  # noqa: PLR0913 - what a search takes
        self,
        store: SearchableStore,
        embed_model: Qwen3Embedding,
        *,
        similarity_top_k: int = 2,
        first: FirstStage = None,
        widen: int = 10,
        where: Any = None,
        **options: Any,
    ) -> None:
        if not isinstance(embed_model, Qwen3Embedding):
            raise ConfigError(f"embed_model is {type(embed_model).__name__}, expected a Qwen3Embedding.")
        self.store, self.embed_model, self.similarity_top_k = store, embed_model, similarity_top_k
        self._search: dict[str, Any] = {"first": first, "widen": widen, "where": where}
        super().__init__(**options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes(self.embed_model.encoder.encode_query([query_bundle.query_str])[0])

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        (embedding,) = await self.embed_model.encoder.aencode_query([query_bundle.query_str])
        return await asyncio.to_thread(self._nodes, embedding)

    def _nodes(self, embedding: FloatArray) -> list[NodeWithScore]:
        hits = self.store.search(embedding, self.similarity_top_k, **self._search)
        return [
            NodeWithScore(node=TextNode(text=hit.text or "", id_=hit.id, metadata=dict(hit.metadata)), score=hit.score)
            for hit in hits
        ]
