"""Nodes and initializers get names of their own."""

import numpy as np

from qwen3_embed_integrations.export.graph_builder import GraphBuilder


def test_equal_constants_are_one_and_every_node_has_its_own_names():
    builder = GraphBuilder()
    assert builder.constant([1, 2]) == builder.constant([1, 2]) != builder.constant([1, 2], np.float32)
    outputs = [builder.node("Add", "a", "b"), builder.node("Add", "a", "b"), builder.node("Neg", "a")]
    assert len(set(outputs)) == 3
    graph = builder.graph([], [])
    assert len(graph.initializer) == 2
    assert [list(node.output) for node in graph.node] == [[output] for output in outputs]
