"""A checkpoint → an ONNX graph with its data, tokenizer and manifest, which `backend="onnx"` runs without torch.

options        ExportOptions: what is written, and where
run            the steps of an export
qwen3_graph    the Qwen3 decoder on packed tokens as an ONNX graph
graph_builder  nodes and initializers of a graph
weights        a checkpoint's weights as numpy arrays; a LoRA adapter merged by torch
data_file      weights → the graph's external data
quantization   int8 weights with a scale for each output, int8 and int4 weights in blocks
check          the exported model beside torch
"""

from __future__ import annotations

from .options import ExportOptions
from .run import ExportReport, export

__all__ = ["ExportOptions", "ExportReport", "export"]
