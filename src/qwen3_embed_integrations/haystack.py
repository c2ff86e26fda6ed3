"""The Haystack integration: Qwen3TextEmbedder, Qwen3DocumentEmbedder and Qwen3Ranker.

They live in Haystack's own namespace, because Haystack loads stored pipelines only from there.
"""

from .core.errors import missing_extra

try:
    from haystack_integrations.components.embedders.qwen3 import Qwen3DocumentEmbedder, Qwen3TextEmbedder
    from haystack_integrations.components.rankers.qwen3 import Qwen3Ranker
except ImportError as error:
    raise missing_extra("haystack-ai", "haystack") from error

__all__ = ["Qwen3DocumentEmbedder", "Qwen3Ranker", "Qwen3TextEmbedder"]
