"""Qwen3TextEmbedder: a query → its embedding."""

from __future__ import annotations

from typing import Any, Unpack

from haystack import component

from qwen3_embed_integrations import Encoded, Qwen3Encoder
from qwen3_embed_integrations.core.inputs import checked_text

from .embedder import Embedder, HaystackOptions, shows_options


@component
@shows_options
class Qwen3TextEmbedder(Embedder):
    """Embeds a query with Qwen3-Embedding, its instruction in front.

    Every option of `EncoderConfig` is a keyword here; keywords of `SentenceTransformersTextEmbedder`
    are understood. Making one is cheap: weights load at the first use and are shared by all embedders of the process.

    Example:
        >>> embedder = Qwen3TextEmbedder(model="tiny", dimension=128)
        >>> len(embedder.run("How do I sort a list?")["embedding"])
        128

    Raises:
        ConfigError: An unknown or unfit option; the message gives the nearest known name.
    """

    def __init__(self, model: str | None = None, /, **options: Unpack[HaystackOptions]) -> None:
        Embedder.__init__(self, model, options, prefix_of="query")

    @component.output_types(embedding=list[float], meta=dict[str, Any])
    def run(self, text: str, task: str | None = None) -> dict[str, Any]:
        """Return the unit embedding of a query.

        Args:
            text: The query.
            task: A preset's name or an instruction, for this run; None: the option's.

        Returns:
            `embedding`, and `meta` with model, space and usage.

        Raises:
            InputTypeError: Not a `str`.
            ConfigError: An unknown task.
        """
        encoder = self.encoder
        return self._output(encoder, encoder.encode([_query(text)], "query", task=task))

    @component.output_types(embedding=list[float], meta=dict[str, Any])
    async def run_async(self, text: str, task: str | None = None) -> dict[str, Any]:
        """Async twin of `run`: concurrent queries share forward passes, the event loop stays free."""
        encoder = self.encoder
        return self._output(encoder, await encoder.aencode([_query(text)], "query", task=task))

    def _output(self, encoder: Qwen3Encoder, encoded: Encoded) -> dict[str, Any]:
        return {"embedding": encoded.embeddings[0].tolist(), "meta": self.describe(encoder, encoded)}


def _query(text: str) -> str:
    return checked_text(text, "query", "For documents, use Qwen3DocumentEmbedder.")
