"""Qwen3Rerank: the reranker as a LlamaIndex node postprocessor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self, Unpack

from llama_index.core.callbacks import CBEventType, EventPayload
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from llama_index_instrumentation import get_dispatcher
from pydantic import ConfigDict, Field

from qwen3_embed_integrations import ConfigError, Qwen3Reranker, Ranked, RerankerConfig, load_reranker
from qwen3_embed_integrations.core.consent import rebuild, seal
from qwen3_embed_integrations.core.reranker_config import BestFirstConfig, BestFirstKeywords

from .nodes import checked_nodes

RETRIEVAL_SCORE = "retrieval_score"
"""The metadata key of the score that a node came with, as in LlamaIndex's own rerankers."""

_dispatcher = get_dispatcher(__name__)


class LlamaIndexRerankOptions(BestFirstKeywords, total=False):
    """The keywords of `Qwen3Rerank`: the reranker's options, stock keywords and LlamaIndex's own fields."""

    keep_retrieval_score: bool
    callback_manager: Any


class Qwen3Rerank(BestFirstConfig, BaseNodePostprocessor):
    """Qwen3-Reranker as a LlamaIndex node postprocessor.

    Every option of `RerankerConfig` is a keyword here, and those of `SentenceTransformerRerank` are understood. Nodes
    are read as LlamaIndex embeds them, the metadata in front. The nodes that come in are not changed.

    Example:
        >>> rerank = Qwen3Rerank(model="0.6B", top_n=5)
        >>> rerank.top_n
        5

    Raises:
        ConfigError: An unknown or unfit option; the message gives the nearest known name.
    """

    model_config = ConfigDict(frozen=False, extra="forbid", protected_namespaces=(), validate_default=True)

    keep_retrieval_score: bool = Field(
        default=False, description="Keep the score that a node came with in the metadata of a copy of the node."
    )

    def __init__(self, **options: Unpack[LlamaIndexRerankOptions]) -> None:
        given: dict[str, Any] = {**options}
        super().__init__(**given)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in RerankerConfig.model_fields:
            raise ConfigError(f"{name} is fixed. Use replace({name}=…).")
        super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self).from_dict, self.to_dict(), seal(self.base_url, self.api_key_env))

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.model_copy()

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex stores this class."""
        return "Qwen3Rerank"

    @cached_property
    def reranker(self) -> Qwen3Reranker:
        """The shared reranker behind this integration."""
        return load_reranker(self.plain())

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        with self._observed(nodes, query_bundle) as (query, best):
            ranked = self.reranker.rank(query, _texts(nodes), top_k=self.top_n, min_score=self.min_score)
            best.extend(self._scored(nodes, ranked))
        return best

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        with self._observed(nodes, query_bundle) as (query, best):
            ranked = await self.reranker.arank(query, _texts(nodes), top_k=self.top_n, min_score=self.min_score)
            best.extend(self._scored(nodes, ranked))
        return best

    @contextmanager
    def _observed(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None
    ) -> Iterator[tuple[str, list[NodeWithScore]]]:
        """Emit both events and open the callback event, whatever happens in the block.

        Yields:
            The query and an empty list, which the block fills with its result.

        Raises:
            InputTypeError: One is no NodeWithScore, such as a `str`.
            ConfigError: There is no query.
        """
        nodes = checked_nodes(nodes, NodeWithScore)
        top_n, best = self.top_n or len(nodes), list[NodeWithScore]()
        _dispatcher.event(ReRankStartEvent(query=query_bundle, nodes=nodes, top_n=top_n, model_name=self.model))
        try:
            if query_bundle is None:
                raise ConfigError("There is no query to rank the nodes for. Give query_bundle=… or query_str=….")
            payload: dict[str, Any] = {
                EventPayload.NODES: nodes,
                EventPayload.MODEL_NAME: self.model,
                EventPayload.QUERY_STR: query_bundle.query_str,
                EventPayload.TOP_K: top_n,
            }
            with self.callback_manager.event(CBEventType.RERANKING, payload=payload) as event:
                yield query_bundle.query_str, best
                event.on_end(payload={EventPayload.NODES: best})
        finally:
            _dispatcher.event(ReRankEndEvent(nodes=best))

    def _scored(self, nodes: Sequence[NodeWithScore], ranked: Sequence[Ranked]) -> list[NodeWithScore]:
        return [self._node_with_score(nodes[one.index], one.score) for one in ranked]

    def _node_with_score(self, found: NodeWithScore, score: float) -> NodeWithScore:
        if not self.keep_retrieval_score:
            return NodeWithScore(node=found.node, score=score)
        copied = found.node.model_copy(
            update={
                "metadata": {**found.node.metadata, RETRIEVAL_SCORE: found.score},
                "excluded_embed_metadata_keys": [*found.node.excluded_embed_metadata_keys, RETRIEVAL_SCORE],
                "excluded_llm_metadata_keys": [*found.node.excluded_llm_metadata_keys, RETRIEVAL_SCORE],
            }
        )
        return NodeWithScore(node=copied, score=score)


def _texts(nodes: Sequence[NodeWithScore]) -> list[str]:
    return [found.node.get_content(metadata_mode=MetadataMode.EMBED) for found in nodes]
