"""What Prometheus reads: counts and times of requests, none of it by client, text or any name that a client chose."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from qwen3_embed_integrations import __version__

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class ServerMetrics:
    """The metrics of one server.

    Args:
        n_queued: Returns how many requests have no answer yet.
        queued_bytes: Returns the size of their text.
    """

    def __init__(self, n_queued: Callable[[], float], queued_bytes: Callable[[], float]) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter("qwen3_embed_requests", "Requests.", ["route", "status"], registry=registry)
        self._seconds = Histogram(
            "qwen3_embed_request_duration_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self._tokens = Counter("qwen3_embed_tokens", "Tokens computed.", ["kind"], registry=registry)
        self._texts = Counter("qwen3_embed_texts", "Texts computed.", ["kind"], registry=registry)
        self._cut = Counter("qwen3_embed_truncated_texts", "Texts that were cut.", registry=registry)
        queue = Gauge("qwen3_embed_queue_requests", "Requests that have no answer yet.", registry=registry)
        queue.set_function(n_queued)
        size = Gauge("qwen3_embed_queue_bytes", "Size of their text.", registry=registry)
        size.set_function(queued_bytes)
        # labels() takes a lock and makes a tuple of strings each time; there are few routes and statuses
        self._counter_of = cache(lambda route, status: self._requests.labels(route, str(status)))
        self._histogram_of = cache(self._seconds.labels)
        build = Gauge("qwen3_embed_build_info", "The version of the server.", ["version"], registry=registry)
        build.labels(__version__).set(1)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._counter_of(route, status).inc()
        self._histogram_of(route).observe(seconds)

    def computed(self, kind: str, n_texts: int, n_tokens: int, n_cut: int = 0) -> None:
        """Count texts of a kind: "query", "document" or "pair"."""
        self._texts.labels(kind).inc(n_texts)
        self._tokens.labels(kind).inc(n_tokens)
        if n_cut:
            self._cut.inc(n_cut)

    def page(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self._registry)
