"""Initializers that point into safetensors files hold the stored numbers."""

import numpy as np
from safetensors.numpy import load_file

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
from qwen3_embed_integrations.export.graph_builder import GraphBuilder
from qwen3_embed_integrations.export.stored_weights import StoredWeights


def test_every_initializer_points_at_its_numbers(checkpoint):
    builder = GraphBuilder()
    weights = StoredWeights(open_checkpoint(EncoderConfig(model=str(checkpoint))), builder)
    weights.vector("norm.weight")
    weights.linear("states", "layers.0.mlp.gate_proj.weight")
    weights.embedding("embed_tokens.weight", "ids")
    assert weights.files == ("model.safetensors",)
    stored = load_file(checkpoint / "model.safetensors")
    content = (checkpoint / "model.safetensors").read_bytes()
    initializers = builder.graph([], []).initializer
    assert len(initializers) == 3
    for one in initializers:
        where = {entry.key: entry.value for entry in one.external_data}
        offset, length = int(where["offset"]), int(where["length"])
        numbers = np.frombuffer(content[offset : offset + length], dtype=np.float32).reshape(tuple(one.dims))
        np.testing.assert_array_equal(numbers, stored[one.name])
    kinds = [node.op_type for node in builder.nodes]
    assert kinds == ["Cast", "Cast", "Gemm", "Gather", "Cast"]
