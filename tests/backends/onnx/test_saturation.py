"""Saturation of 8-bit products: found by the product itself, and switched off where it would happen."""

from contextlib import nullcontext

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from qwen3_embed_integrations.backends.onnx import onnxruntime_session, saturation
from qwen3_embed_integrations.backends.onnx.session import ThreadPlan
from qwen3_embed_integrations.checkpoints.export_manifest import GRAPH_FILE


def test_the_graph_is_one_product_of_the_largest_numbers():
    weights = numpy_helper.from_array(np.full((4, 4), 127, dtype=np.int8), "weights")
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["states", "weights", "zero"], ["sums"])],
        "saturation",
        [helper.make_tensor_value_info("states", TensorProto.UINT8, [1, 4])],
        [helper.make_tensor_value_info("sums", TensorProto.INT32, [1, 4])],
        [weights, numpy_helper.from_array(np.array(128, dtype=np.uint8), "zero")],
    )
    expected = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11)
    assert onnx.load_from_string(saturation.GRAPH) == expected
    onnx.checker.check_model(saturation.GRAPH)


@pytest.mark.parametrize("found", [True, False])
def test_exact_products_are_asked_for_where_sums_saturate_alone(found, monkeypatch, exported_folder):
    """Under QEMU's Haswell the sum is 510 instead of 64,516, and right with the option."""
    monkeypatch.setattr(onnxruntime_session, "saturates", lambda: found)
    session = onnxruntime_session.OnnxruntimeSession(exported_folder / GRAPH_FILE, None, ThreadPlan(1, 1))
    options = session._session.get_session_options()
    with nullcontext() if found else pytest.raises(RuntimeError, match="does not have configuration"):
        assert options.get_session_config_entry("session.x64quantprecision") == "1"


def test_a_wrong_sum_is_seen(monkeypatch):
    class Saturating:
        def __init__(self, *_):
            pass

        def run(self, *_):
            return [np.full((1, 4), 510)]

    monkeypatch.setattr(saturation.onnxruntime, "InferenceSession", Saturating)
    assert saturation.saturates.__wrapped__()
