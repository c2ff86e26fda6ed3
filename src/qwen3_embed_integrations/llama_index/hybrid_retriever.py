"""Qwen3HybridRetriever(BaseRetriever): dense search and BM25 in one LlamaIndex retriever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle

from qwen3_embed_integrations import ConfigError, HybridHit, HybridRetriever

NodesOf = Callable[[list[str]], Sequence[BaseNode]]
"""Node ids → those of the nodes that exist, in any order."""


class Qwen3HybridRetriever(BaseRetriever):
    """Find nodes by meaning and by words; the score of a node is the fused one.

    Args:
        hybrid: What finds the node ids, such as `qwen3_embed_integrations.chroma.hybrid_retriever` returns.
        nodes_of: Look nodes up, such as `vector_store.get_nodes` or `index.docstore.get_nodes`.
        similarity_top_k: How many nodes to return.
        **options: As in LlamaIndex's `BaseRetriever`: `callback_manager`, `object_map`, `verbose`.

    Raises:
        ConfigError: `similarity_top_k` is not a positive integer.
    """

    def __init__(
        self, hybrid: HybridRetriever, nodes_of: NodesOf, *, similarity_top_k: int = 2, **options: Any
    ) -> None:
        if isinstance(similarity_top_k, bool) or not isinstance(similarity_top_k, int) or similarity_top_k < 1:
            raise ConfigError(f"Found similarity_top_k={similarity_top_k!r}, expected a positive integer.")
        self.hybrid, self.similarity_top_k = hybrid, similarity_top_k
        self._nodes_of = nodes_of
        super().__init__(**options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes(self.hybrid.retrieve(query_bundle.query_str, self.similarity_top_k))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = await self.hybrid.aretrieve(query_bundle.query_str, self.similarity_top_k)
        return await asyncio.to_thread(self._nodes, hits)

    def _nodes(self, hits: Sequence[HybridHit]) -> list[NodeWithScore]:
        by_id = {node.node_id: node for node in self._nodes_of([hit.id for hit in hits])} if hits else {}
        return [NodeWithScore(node=by_id[hit.id], score=hit.score) for hit in hits if hit.id in by_id]
