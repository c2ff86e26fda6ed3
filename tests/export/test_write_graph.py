"""A graph with data of its own, and one that points into the checkpoint's files."""

import onnx
import pytest
import torch

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.checkpoints.export_manifest import GRAPH_FILE, OPSET
from qwen3_embed_integrations.export.data_file import DATA_FILE
from qwen3_embed_integrations.export.write_graph import write_graph, write_graph_beside_weights


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_a_graph_says_which_operators_it_needs(dtype, checkpoint, tmp_path):
    assert write_graph(open_checkpoint(EncoderConfig(model=str(checkpoint))), dtype, tmp_path) == (
        GRAPH_FILE,
        DATA_FILE,
    )
    graph = onnx.load(tmp_path / GRAPH_FILE, load_external_data=False)
    domains = {one.domain: one.version for one in graph.opset_import}
    assert domains == {"": OPSET} | ({"com.microsoft": 1} if dtype == "int8" else {})
    assert (tmp_path / GRAPH_FILE).stat().st_size < 60_000


def test_a_graph_beside_weights_has_none_of_its_own(make_checkpoint, tmp_path):
    folder = make_checkpoint(dtype=torch.bfloat16)
    assert write_graph_beside_weights(open_checkpoint(EncoderConfig(model=str(folder))), tmp_path) == (
        "model.safetensors",
    )
    graph = onnx.load(tmp_path / GRAPH_FILE, load_external_data=False)
    places = {entry.value for one in graph.graph.initializer for entry in one.external_data if entry.key == "location"}
    assert places == {"model.safetensors"}
    assert [path.name for path in tmp_path.iterdir()] == [GRAPH_FILE]
