"""The pictures of the pages are made by committed tools and show no path of the machine that made them."""

import importlib.util
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link

ROOT = Path(__file__).resolve().parents[2]
PICTURES = sorted((ROOT / "docs").glob("*.svg"))
MADE = {"documents", "help", "models", "rag", "trace"}


def tool(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_well_formed_and_names_no_machine(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own file
    assert re.findall(r"/(?:root|home|work|Users|tmp)\b", text) == []


def test_make_pictures_makes_the_pictures_of_the_command_and_of_the_trace() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"docs/(\w+)\.svg", makefile)) == MADE
    assert {path.stem for path in PICTURES} >= MADE


def test_a_trace_is_drawn_with_children_below_their_parent_and_links_dashed() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("GET /search"), tracer.start_as_current_span("embeddings tiny") as other:
        pass
    attributes = {"qwen3_embed.batch.text.count": 2, "qwen3_embed.batch.token.count": 31}
    with tracer.start_as_current_span("embeddings <tiny>"):
        tracer.start_span("forward", links=[Link(other.get_span_context())], attributes=attributes).end()
    drawing = tool("trace_picture")
    tree = drawing.as_tree(exporter.get_finished_spans())
    assert [(depth, span.name) for depth, span in tree] == [
        (0, "GET /search"),
        (1, "embeddings tiny"),
        (0, "embeddings <tiny>"),
        (1, "forward"),
    ]
    svg = drawing.drawn(tree)
    shown = [element.text for element in ET.fromstring(svg).iter() if element.tag.endswith("text")]  # noqa: S314 - ours
    assert [name for name in shown if name in {span.name for _, span in tree}] == [span.name for _, span in tree]
    assert "    2     31" in shown
    assert svg.count("stroke-dasharray") == 1


def test_the_reference_shows_examples_as_code_and_no_map_of_files() -> None:
    for_readers = tool("griffe_examples").for_readers
    shown = for_readers("A package.\n\nencoder   the class\nnodes     a check\n\nMore.\n", is_module=True)
    assert shown == "A package.\n\n\nMore.\n"
    assert for_readers("Example:\n    >>> 1\n", is_module=False) == "Examples:\n    >>> 1\n"
    assert for_readers("a  b\n", is_module=False) == "a  b\n"
