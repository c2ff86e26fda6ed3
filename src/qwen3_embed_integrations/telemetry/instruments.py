"""The metrics: one set of instruments for each meter provider."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry.metrics import CallbackOptions, Observation

from qwen3_embed_integrations.backends.registry import waiting_calls

from .attributes import REQUEST_MODEL

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter

_SECONDS = [0.01 * 2**step for step in range(14)]  # as the semantic conventions ask for durations of embeddings
_SHORT_SECONDS = [0.0005 * 2**step for step in range(16)]  # a query waits for milliseconds
_TOKENS = [float(4**step) for step in range(14)]  # as the semantic conventions ask for input tokens
_FILL = [step / 10 for step in range(1, 11)]


@dataclass(frozen=True)
class Instruments:
    """The instruments of one meter.

    Attributes:
        embeddings_duration: Seconds of a call of `encode…`.
        rerank_duration: Seconds of a call of `rank` or `score`.
        input_tokens: Tokens of a call, after truncation.
        wait_duration: Seconds between a call's first queued text and its first batch.
        batch_duration: Seconds of a batch.
        batch_tokens: Tokens of a batch.
        batch_fill: Tokens of a batch, divided by the most that it could have held.
        cache_lookups: Texts looked up in the cache, by result.
        truncated_texts: Texts that were cut.
        retries: Further tries of requests.
    """

    embeddings_duration: Histogram
    rerank_duration: Histogram
    input_tokens: Histogram
    wait_duration: Histogram
    batch_duration: Histogram
    batch_tokens: Histogram
    batch_fill: Histogram
    cache_lookups: Counter
    truncated_texts: Counter
    retries: Counter

    @classmethod
    def of(cls, meter: Meter) -> Instruments:
        """Make the instruments, and the gauge of the queue's depth."""
        meter.create_observable_gauge(
            "qwen3_embed.queue.depth", [_queue_depths], "{call}", "Calls that have no result yet."
        )

        def histogram(name: str, unit: str, description: str, buckets: list[float]) -> Histogram:
            return meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=buckets)

        return cls(
            histogram("gen_ai.client.embeddings.duration", "s", "Duration of a call of the encoder.", _SECONDS),
            histogram("qwen3_embed.rerank.duration", "s", "Duration of a call of the reranker.", _SECONDS),
            histogram("gen_ai.client.embeddings.operation.input_tokens", "{token}", "Tokens of a call.", _TOKENS),
            histogram("qwen3_embed.wait.duration", "s", "Wait of a call for its first batch.", _SHORT_SECONDS),
            histogram("qwen3_embed.batch.duration", "s", "Duration of a batch.", _SHORT_SECONDS),
            histogram("qwen3_embed.batch.tokens", "{token}", "Tokens of a batch.", _TOKENS),
            histogram("qwen3_embed.batch.fill", "1", "Tokens of a batch, of the most it could hold.", _FILL),
            meter.create_counter("qwen3_embed.cache.lookups", "{text}", "Texts looked up in the cache."),
            meter.create_counter("qwen3_embed.truncated_texts", "{text}", "Texts that were cut to max_length."),
            meter.create_counter("qwen3_embed.request.retries", "{retry}", "Further tries of requests to a server."),
        )


def _queue_depths(_: CallbackOptions) -> Iterator[Observation]:
    depths: Counts[str] = Counts()
    for model, n_calls in waiting_calls():
        depths[model] += n_calls  # one model may be loaded with several dtypes
    for model, n_calls in depths.items():
        yield Observation(n_calls, {REQUEST_MODEL: model})
