"""Draw the trace in docs/observability.md: run queries beside documents, draw the spans that were recorded.

python tools/trace_picture.py docs/trace.svg
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from qwen3_embed_integrations import Qwen3Encoder

_DOCUMENT = "Function {number} of the module sorts, filters or counts the records of a table. " * 8
_N_DOCUMENTS = 40
_LINE, _TOP, _NAMES, _BARS, _WIDTH = 24, 54, 300, 420, 960
_COLOURS = {
    "embeddings": "#4051b5",
    "tokenize": "#00897b",
    "wait": "#ef6c00",
    "forward": "#7b1fa2",
    "load": "#6d4c41",
    "request": "#7b1fa2",
    "POST": "#c62828",
}
_OTHER = "#607d8b"


class _FirstForward(SpanProcessor):
    """Tells when the first batch is being computed."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        del parent_context
        if span.name == "forward":
            self.has_begun.set()


def recorded_spans() -> Sequence[ReadableSpan]:
    """Return the spans of a program that indexes documents while three users ask."""
    exporter, provider, first = InMemorySpanExporter(), TracerProvider(), _FirstForward()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.add_span_processor(first)
    encoder = Qwen3Encoder(model="tiny")
    encoder.encode_query(["Load the model before anything is recorded."])
    trace.set_tracer_provider(provider)
    asyncio.run(_program(encoder, first.has_begun))
    return exporter.get_finished_spans()


async def _program(encoder: Qwen3Encoder, has_begun: threading.Event) -> None:
    tracer = trace.get_tracer("app")
    documents = [_DOCUMENT.format(number=number) for number in range(_N_DOCUMENTS)]

    async def ask(question: str) -> None:
        with tracer.start_as_current_span("GET /search"):
            await encoder.aencode_query([question])

    with tracer.start_as_current_span("the program"):
        indexing = asyncio.create_task(encoder.aencode_document(documents))
        await asyncio.to_thread(has_begun.wait)
        await asyncio.gather(ask("How do I sort a list?"), ask("How do I count records?"), ask("What is a table?"))
        await indexing


def as_tree(spans: Iterable[ReadableSpan]) -> list[tuple[int, ReadableSpan]]:
    """Return (depth, span) in the order of a trace's page: children below their parent, by their start."""
    listed = sorted(spans, key=lambda span: (span.start_time or 0, span.end_time or 0))
    known = {span.context.span_id for span in listed if span.context}
    children: dict[int | None, list[ReadableSpan]] = {}
    for span in listed:
        parent = span.parent.span_id if span.parent and span.parent.span_id in known else None
        children.setdefault(parent, []).append(span)

    def below(parent: int | None, depth: int) -> Iterable[tuple[int, ReadableSpan]]:
        for span in children.get(parent, []):
            yield depth, span
            if span.context:
                yield from below(span.context.span_id, depth + 1)

    return list(below(None, 0))


def drawn(tree: list[tuple[int, ReadableSpan]]) -> str:
    """Return an SVG: a line for each span, its bar on a common axis of time, links as dashed lines."""
    start = min(span.start_time or 0 for _, span in tree)
    end = max(span.end_time or 0 for _, span in tree)
    scale = (_WIDTH - _BARS - 90) / max(end - start, 1)
    at = {span.context.span_id: number for number, (_, span) in enumerate(tree) if span.context}
    height = _TOP + _LINE * len(tree) + 16
    font = 'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" {font}>',
        "<title>A trace of three queries beside documents</title>",
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        _text(16, 26, "span", "#555555") + _text(_NAMES, 26, "texts tokens", "#555555"),
        _text(_BARS, 26, f"0 ms to {(end - start) / 1e6:.0f} ms", "#555555"),
    ]
    for number, (depth, span) in enumerate(tree):
        middle = _TOP + _LINE * number
        left = _BARS + ((span.start_time or 0) - start) * scale
        width = max(((span.end_time or 0) - (span.start_time or 0)) * scale, 2)
        colour = _COLOURS.get(span.name.split(" ")[0], _OTHER)
        parts += [
            _text(16 + 16 * depth, middle, span.name, "#212121"),
            _text(_NAMES, middle, _counts(span), "#555555"),
            f'<rect x="{left:.1f}" y="{middle - 11}" width="{width:.1f}" height="14" rx="2" fill="{colour}"/>',
            _text(
                left + width + 5, middle, f"{((span.end_time or 0) - (span.start_time or 0)) / 1e6:.1f} ms", "#555555"
            ),
        ]
        for link in span.links:
            if link.context.span_id in at:
                target = _TOP + _LINE * at[link.context.span_id] - 4
                parts.append(
                    f'<path d="M {left:.1f} {middle - 4} C {left - 40:.1f} {middle - 4} {left - 40:.1f} {target} '
                    f'{left:.1f} {target}" fill="none" stroke="{colour}" stroke-dasharray="4 3"/>'
                )
    return "\n".join([*parts, "</svg>", ""])


def _counts(span: ReadableSpan) -> str:
    attributes = span.attributes or {}
    texts = attributes.get("qwen3_embed.batch.text.count", attributes.get("qwen3_embed.text.count"))
    tokens = attributes.get("qwen3_embed.batch.token.count", attributes.get("gen_ai.usage.input_tokens"))
    return "" if texts is None else f"{texts:>5} {tokens if tokens is not None else '':>6}"


def _text(x: float, y: int, content: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{colour}" xml:space="preserve">{escape(content)}</text>'


def main(picture: str) -> None:
    """Write the picture."""
    Path(picture).write_text(drawn(as_tree(recorded_spans())), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
