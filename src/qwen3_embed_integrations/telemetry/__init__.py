"""Spans and metrics of calls, through OpenTelemetry, where the process has set it up.

attributes   names of spans, attributes and metrics
instruments  the metrics
call_span    the span of one call, and those beneath it

Nothing is imported or recorded before the program itself imported OpenTelemetry and set a provider.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.observation import CallObserver
from qwen3_embed_integrations.core.types import IntArray

__all__ = ["CallSpan", "observed_call"]


class CallSpan(CallObserver, Protocol):
    """Observer of one call, which its caller tells of the result too."""

    def done(self, n_tokens: IntArray, max_length: int, dimension: int | None = None) -> None:
        """Note the result.

        Args:
            n_tokens: `[n]` tokens of each text before truncation; -1 if only a server knows it.
            max_length: Tokens to which texts were truncated.
            dimension: Length of an embedding; None for scores.
        """
        ...


_NOT_OBSERVED: AbstractContextManager[None] = nullcontext()
_UNSET = frozenset(
    {"ProxyTracerProvider", "_ProxyMeterProvider"}
)  # what OpenTelemetry has before a program sets its own


def observed_call(
    operation: str, config: EncoderConfig, n_texts: int, role: str | None = None
) -> AbstractContextManager[CallSpan | None]:
    """Return a block that observes one call; it yields None where OpenTelemetry is not set up.

    Args:
        operation: "embeddings" or "rerank".
        config: Which model computes, and where.
        n_texts: Texts of the call, or documents.
        role: "query" or "document", for embeddings.
    """
    trace, metrics = sys.modules.get("opentelemetry.trace"), sys.modules.get("opentelemetry.metrics")
    has_tracers = trace is not None and trace.get_tracer_provider().__class__.__name__ not in _UNSET
    has_meters = metrics is not None and metrics.get_meter_provider().__class__.__name__ not in _UNSET
    if not (has_tracers or has_meters):
        return _NOT_OBSERVED
    from .call_span import call_span

    return call_span(operation, config, n_texts, role)
