"""The Haystack integration: Qwen3TextEmbedder, Qwen3DocumentEmbedder, Qwen3Ranker and the retrievers.

They live in Haystack's own namespace, because Haystack loads stored pipelines only from there.
"""

from .core.errors import missing_extra

try:
    from haystack_integrations.components.embedders.qwen3 import Qwen3DocumentEmbedder, Qwen3TextEmbedder
    from haystack_integrations.components.rankers.qwen3 import Qwen3Ranker
    from haystack_integrations.components.retrievers.qwen3 import Qwen3HybridRetriever, Qwen3TwoStageRetriever
except ImportError as error:
    raise missing_extra("haystack-ai", "haystack") from error

__all__ = [
    "Qwen3DocumentEmbedder",
    "Qwen3HybridRetriever",
    "Qwen3Ranker",
    "Qwen3TextEmbedder",
    "Qwen3TwoStageRetriever",
]
