"""OpenTelemetry set up for one test, with exporters in memory."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.metrics import _internal as metrics_internal
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

__all__ = ["Recorded", "recorded"]


class Recorded:
    """The spans and metrics of one test."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider([self._reader])

    def spans(self, name: str | None = None) -> list[ReadableSpan]:
        """Return the ended spans, in the order of their ends; those of a name only, or whose name begins with it."""
        found = self._exporter.get_finished_spans()
        return [span for span in found if name is None or span.name.split(" ")[0] == name]

    def span(self, name: str) -> ReadableSpan:
        (one,) = self.spans(name)
        return one

    def points(self, name: str) -> list[Any]:
        """Return the data points of a metric."""
        data = self._reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else [])
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def point(self, name: str, model: str | None = None) -> Any:
        """Return the one data point of a metric, or that of a model: a gauge has one for each model that is loaded."""
        (one,) = (
            point for point in self.points(name) if model is None or point.attributes["gen_ai.request.model"] == model
        )
        return one


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Set both providers for one test; OpenTelemetry itself lets a process set them only once."""
    made = Recorded()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", made.tracers)
    monkeypatch.setattr(metrics_internal, "_METER_PROVIDER", made.meters)
    assert trace.get_tracer_provider() is made.tracers
    assert metrics.get_meter_provider() is made.meters
    return made


def is_child(child: ReadableSpan, parent: ReadableSpan) -> bool:
    """Return whether a span is a direct child of another one, in one trace."""
    assert child.context
    assert parent.context
    same_trace = child.context.trace_id == parent.context.trace_id
    return same_trace and child.parent is not None and child.parent.span_id == parent.context.span_id
