"""The graph's angles are rounded as torch rounds them, and its inputs are those that the backend makes."""

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.onnx.graph_inputs import INPUT_NAMES, OUTPUT_NAMES
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.export_manifest import GRAPH_FILE
from qwen3_embed_integrations.export.write_graph import write_graph


@pytest.fixture(scope="module")
def graph(checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    write_graph(open_checkpoint(EncoderConfig(model=str(checkpoint))), "float32", folder)
    return onnx.load(folder / GRAPH_FILE, load_external_data=False).graph


def test_inputs_and_outputs_are_the_backends(graph):
    assert tuple(one.name for one in graph.input) == INPUT_NAMES
    assert tuple(one.name for one in graph.output) == OUTPUT_NAMES


def test_rotary_frequencies_are_torchs(graph):
    head_dim, theta = 32, 10_000.0
    expected = (1.0 / theta ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)).numpy()
    constants = [numpy_helper.to_array(one) for one in graph.initializer if not one.external_data]
    (found,) = [one for one in constants if one.dtype == np.float32 and one.shape == expected.shape]
    np.testing.assert_allclose(found, expected, rtol=1.2e-7)


def test_each_layer_attends_once_and_only_attention_is_padded(graph):
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("Attention") == 3
    assert kinds.count("RotaryEmbedding") == 6
    assert kinds.count("Gemm") == 3 * 7
