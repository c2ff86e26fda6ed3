"""Weights in the graph's data file, and the products with them."""

import io

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from qwen3_embed_integrations.checkpoints.export_manifest import OPSET
from qwen3_embed_integrations.export.data_file import DATA_FILE, DataFile, in_float16
from qwen3_embed_integrations.export.graph_builder import CONTRIB, GraphBuilder
from qwen3_embed_integrations.export.quantization import to_int8

WEIGHTS = {
    "table": np.arange(40_000, dtype=np.uint16).reshape(-1, 4),
    "matrix": np.arange(300 * 64, dtype=np.float16).reshape(300, 64),
    "scale": np.arange(4, dtype=np.float32),
}


def test_large_tensors_begin_on_a_page_and_hold_what_was_read():
    file, builder = io.BytesIO(), GraphBuilder()
    data = DataFile(file, WEIGHTS.__getitem__, "float32", builder)
    data.vector("scale")
    data.embedding("table", "ids")
    data.linear("states", "matrix")
    tensors = {one.name: one for one in builder.graph([], []).initializer}
    where = {name: {entry.key: entry.value for entry in one.external_data} for name, one in tensors.items()}
    assert tensors["table"].data_type == TensorProto.BFLOAT16
    assert list(tensors["matrix"].dims) == [300, 64]
    assert int(where["scale"]["offset"]) % 64 == int(where["table"]["offset"]) % 4096 == 0
    offset, length = (int(where["matrix"][key]) for key in ("offset", "length"))
    found = np.frombuffer(file.getvalue()[offset : offset + length], dtype=np.float32).reshape(300, 64)
    np.testing.assert_array_equal(found, WEIGHTS["matrix"])
    assert [node.op_type for node in builder.nodes] == ["Gather", "Cast", "Gemm"]


def products(tmp_path, matrices, states):
    """Return the products of `states` with each matrix, by a graph in int8 on ONNX Runtime, and its operators."""
    builder = GraphBuilder()
    with (tmp_path / DATA_FILE).open("wb") as file:
        data = DataFile(file, matrices.__getitem__, "int8", builder)
        names = [data.linear("states", name) for name in matrices]
    inputs = [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["tokens", states.shape[1]])]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    model = helper.make_model(builder.graph(inputs, outputs), opset_imports=opsets, ir_version=11)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    return session.run(names, {"states": states}), [node.op_type for node in builder.nodes]


def test_int8_products_are_those_of_rounded_numbers(tmp_path):
    rng = np.random.default_rng(0)
    matrices = {name: rng.normal(size=(48, 96)).astype(np.float32) for name in "ab"}
    states = rng.normal(size=(5, 96)).astype(np.float32) * np.float32([[1], [1e-4], [300], [1], [1]])
    states[3] = 0
    states[4, 7] = 1e6
    found, operators = products(tmp_path, matrices, states)
    assert operators.count("QuantizeLinear") == 1
    scales = np.maximum(np.abs(states).max(axis=1, keepdims=True), 1e-30) / np.float32(127)
    integers = np.rint(states / scales)
    for product, matrix in zip(found, matrices.values(), strict=True):
        weights = to_int8(matrix)
        wanted = (integers @ weights.integers.astype(np.float32)) * weights.scales * scales
        np.testing.assert_allclose(product, wanted, rtol=1e-5)


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_broken_number_breaks_its_own_token_alone(tmp_path, broken):
    states = np.ones((3, 8), dtype=np.float32)
    states[1, 2] = broken
    ((found,), _) = products(tmp_path, {"a": np.ones((4, 8), dtype=np.float32)}, states)
    assert np.isfinite(found[[0, 2]]).all()
    assert not np.isfinite(found[1]).any()


def test_a_number_beyond_float16_is_an_overflow():
    assert in_float16(np.array([65504.0], dtype=np.float32), "w").dtype == np.float16
    with pytest.raises(OverflowError, match=r"w has a weight of 6.55e"):
        in_float16(np.array([65536.0], dtype=np.float32), "w")
