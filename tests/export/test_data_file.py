"""Weights in the graph's data file."""

import io

import numpy as np
import pytest
from onnx import TensorProto

from qwen3_embed_integrations.export.data_file import DataFile, in_float16
from qwen3_embed_integrations.export.graph_builder import GraphBuilder

WEIGHTS = {
    "table": np.arange(40_000, dtype=np.uint16).reshape(-1, 4),
    "first": np.ones((64, 64), dtype=np.float32),
    "second": np.full((300, 64), 2, dtype=np.float16),
    "scale": np.arange(4, dtype=np.float32),
}


def test_large_tensors_begin_on_a_page_and_hold_what_was_read():
    file, builder = io.BytesIO(), GraphBuilder()
    data = DataFile(file, WEIGHTS.__getitem__, "float32", builder)
    data.vector("scale")
    data.embedding("table", "ids")
    data.linear("states", "first", "second")
    tensors = {one.name: one for one in builder.graph([], []).initializer}
    where = {name: {entry.key: entry.value for entry in one.external_data} for name, one in tensors.items()}
    assert tensors["table"].data_type == TensorProto.BFLOAT16
    assert list(tensors["first+second"].dims) == [364, 64]
    assert int(where["scale"]["offset"]) % 64 == int(where["table"]["offset"]) % 4096 == 0
    offset, length = (int(where["first+second"][key]) for key in ("offset", "length"))
    found = np.frombuffer(file.getvalue()[offset : offset + length], dtype=np.float32).reshape(364, 64)
    np.testing.assert_array_equal(found, np.concatenate((WEIGHTS["first"], WEIGHTS["second"].astype(np.float32))))
    assert [node.op_type for node in builder.nodes] == ["Gather", "Cast", "Gemm"]


def test_a_number_beyond_float16_is_an_overflow():
    assert in_float16(np.array([65504.0], dtype=np.float32), "w").dtype == np.float16
    with pytest.raises(OverflowError, match=r"w has a weight of 6.55e"):
        in_float16(np.array([65536.0], dtype=np.float32), "w")
