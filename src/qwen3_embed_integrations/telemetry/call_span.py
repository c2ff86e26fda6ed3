"""The span of one call, and those beneath it: load, tokenize, wait, forward or request, and each HTTP try.

A batch may serve several calls. Its span is a child of the first call whose trace is recorded, and links to the spans
of the others, which in turn show how long they waited.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from opentelemetry import metrics, trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.propagate import inject
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer, TracerProvider

from qwen3_embed_integrations.core.observation import HttpTry, ObservedBatch

from . import attributes as names
from .instruments import Instruments

if TYPE_CHECKING:
    from qwen3_embed_integrations.core.config import EncoderConfig
    from qwen3_embed_integrations.core.types import IntArray

_SCOPE = "qwen3_embed_integrations"


class _Telemetry:
    """Tracer and instruments of the providers that the process has set."""

    def __init__(self, tracers: TracerProvider, meters: MeterProvider) -> None:
        self.providers = (tracers, meters)
        number = version("qwen3-embed-integrations")
        self.tracer: Tracer = tracers.get_tracer(_SCOPE, number)
        self.instruments = Instruments.of(meters.get_meter(_SCOPE, number))


_lock = threading.Lock()
_telemetry: _Telemetry | None = None


def _current() -> _Telemetry:
    """Return what records now, made anew where the process has set other providers."""
    global _telemetry  # noqa: PLW0603 - OpenTelemetry's providers are the process's, too
    tracers, meters = trace.get_tracer_provider(), metrics.get_meter_provider()
    with _lock:
        if _telemetry is None or _telemetry.providers[0] is not tracers or _telemetry.providers[1] is not meters:
            _telemetry = _Telemetry(tracers, meters)
        return _telemetry


class OTelCallSpan:
    """Observer of one call."""

    def __init__(self, telemetry: _Telemetry, shared: dict[str, str | int], span: Span) -> None:
        self.span = span
        self._tracer = telemetry.tracer
        self._instruments = telemetry.instruments
        self._shared = shared
        self._context = trace.set_span_in_context(span)
        self._lock = threading.Lock()
        self._queued_ns: int | None = None
        self._is_dequeued = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Observe a step of this call alone."""
        with self._tracer.start_as_current_span(name, self._context, record_exception=False):
            yield

    def queued(self) -> None:
        """Start the wait, with the first texts that wait."""
        if self._queued_ns is None:
            self._queued_ns = time.time_ns()

    def dequeued(self) -> None:
        """End the wait, with the first texts that are computed."""
        with self._lock:
            is_first, self._is_dequeued = not self._is_dequeued, True
        if not is_first or self._queued_ns is None:
            return
        now = time.time_ns()
        self._tracer.start_span("wait", self._context, start_time=self._queued_ns).end(now)
        self._instruments.wait_duration.record((now - self._queued_ns) / 1e9, self._shared)

    def looked_up(self, n_hits: int, n_misses: int) -> None:
        """Note what the cache had."""
        self.span.set_attributes({names.CACHE_HITS: n_hits, names.CACHE_MISSES: n_misses})
        for result, count in (("hit", n_hits), ("miss", n_misses)):
            self._instruments.cache_lookups.add(count, self._shared | {names.CACHE_RESULT: result})

    @contextmanager
    def batch(self, batch: ObservedBatch) -> Iterator[None]:
        """Observe a batch; its span is a child of the first recorded call and links to the other calls."""
        calls = [self, *(other for other in batch.others if isinstance(other, OTelCallSpan))]
        parent = next((call for call in calls if call.span.is_recording()), self)
        fill = min(batch.n_tokens / batch.max_tokens, 1.0)
        start = time.perf_counter()
        attributes = {
            names.BATCH_TEXTS: batch.n_texts,
            names.BATCH_TOKENS: batch.n_tokens,
            names.BATCH_CALLS: len(calls),
            names.BATCH_FILL: fill,
        }
        links = [Link(call.span.get_span_context()) for call in calls if call is not parent]
        span = self._tracer.start_span(batch.kind, parent._context, attributes=attributes, links=links)  # noqa: SLF001 - its own class
        with _ending(span):
            yield
        shared = self._shared | {names.BATCH_KIND: batch.kind}
        self._instruments.batch_duration.record(time.perf_counter() - start, shared)
        self._instruments.batch_tokens.record(batch.n_tokens, shared)
        self._instruments.batch_fill.record(fill, shared)

    @contextmanager
    def http_try(self, url: str, n_failed: int) -> Iterator[HttpTry]:
        """Observe one HTTP request; the server gets the trace's id, as the propagators are set up."""
        sent = HttpTry()
        attributes: dict[str, str | int] = {names.HTTP_METHOD: "POST", names.URL_FULL: url}
        attributes |= names.server_attributes(url)
        if n_failed:
            attributes[names.HTTP_RESEND_COUNT] = n_failed
            self._instruments.retries.add(1, self._shared)
        span = self._tracer.start_span("POST", kind=SpanKind.CLIENT, attributes=attributes)
        with _ending(span):
            inject(sent.headers)
            try:
                yield sent
            finally:
                if sent.status_code is not None:
                    span.set_attribute(names.HTTP_STATUS_CODE, sent.status_code)

    def done(self, n_tokens: IntArray, max_length: int, dimension: int | None = None) -> None:
        """Note the result of the call.

        Args:
            n_tokens: `[n]` tokens of each text before truncation; -1 if only a server knows it.
            max_length: Tokens to which texts were truncated.
            dimension: Length of an embedding.
        """
        if dimension is not None:
            self.span.set_attribute(names.DIMENSION_COUNT, dimension)
        if (n_tokens < 0).any():
            return
        n_truncated = int((n_tokens > max_length).sum())
        total = int(n_tokens.clip(max=max_length).sum())
        self.span.set_attributes({names.INPUT_TOKENS: total, names.TRUNCATED_COUNT: n_truncated})
        self._instruments.truncated_texts.add(n_truncated, self._shared)
        if dimension is not None:
            self._instruments.input_tokens.record(total, self._shared)

    def ended(self, seconds: float, error: BaseException | None) -> None:
        """Note how long the call took."""
        rerank = self._shared[names.OPERATION_NAME] == "rerank"
        histogram = self._instruments.rerank_duration if rerank else self._instruments.embeddings_duration
        histogram.record(seconds, self._shared | ({names.ERROR_TYPE: type(error).__qualname__} if error else {}))


@contextmanager
def call_span(operation: str, config: EncoderConfig, n_texts: int, role: str | None) -> Iterator[OTelCallSpan]:
    """Observe one call while the block runs."""
    telemetry, shared = _current(), names.call_attributes(operation, config)
    attributes: dict[str, str | int] = {names.TEXT_COUNT: n_texts} | ({} if role is None else {names.ROLE: role})
    start = time.perf_counter()
    span = telemetry.tracer.start_span(
        f"{operation} {config.model}", kind=SpanKind.CLIENT, attributes=shared | attributes
    )
    call = OTelCallSpan(telemetry, shared, span)
    error: BaseException | None = None
    try:
        with _ending(span):
            yield call
    except BaseException as raised:
        error = raised
        raise
    finally:
        call.ended(time.perf_counter() - start, error)


@contextmanager
def _ending(span: Span) -> Iterator[None]:
    """Make a span the current one while the block runs, then end it; say which error ended the block."""
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield
    except BaseException as error:
        span.set_attribute(names.ERROR_TYPE, type(error).__qualname__)
        if isinstance(error, Exception):  # else the call was cancelled or interrupted
            span.set_status(Status(StatusCode.ERROR, str(error)))
        raise
    finally:
        span.end()
