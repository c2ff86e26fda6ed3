"""Nodes and initializers of an ONNX graph, with names of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

CONTRIB = "com.microsoft"
"""The domain of ONNX Runtime's own operators, which only quantised graphs use."""


class GraphBuilder:
    """Collects the nodes and initializers of a graph; each method returns the name of a value."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self._initializers: dict[str, TensorProto] = {}
        self._constants: dict[tuple[Any, ...], str] = {}

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output."""
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], domain=domain, **attributes))
        return output

    def constant(self, value: npt.ArrayLike, dtype: npt.DTypeLike = np.int64) -> str:
        """Add a small constant, or return the one that has this value already."""
        array = np.asarray(value, dtype=dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = self.initializer(numpy_helper.from_array(array, name))
        return self._constants[key]

    def initializer(self, tensor: TensorProto) -> str:
        """Add an initializer under its own name."""
        self._initializers[tensor.name] = tensor
        return str(tensor.name)

    def graph(self, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto]) -> GraphProto:
        """Return the graph."""
        return helper.make_graph(self.nodes, "qwen3", inputs, outputs, list(self._initializers.values()))
