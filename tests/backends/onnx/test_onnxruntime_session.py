"""The graph on ONNX Runtime: files that it can't load, memory that it can't have."""

import numpy as np
import pytest

from exported_models import changed_graph, copied
from qwen3_embed_integrations import CheckpointError, ConfigError, Qwen3Encoder
from qwen3_embed_integrations.backends.onnx.onnxruntime_session import OnnxruntimeSession, find_provider
from qwen3_embed_integrations.backends.onnx.session import ThreadPlan
from qwen3_embed_integrations.checkpoints.export_manifest import GRAPH_FILE


def encode(folder):
    return Qwen3Encoder(model=str(folder), backend="onnx").encode_query(["a"])


def test_a_graph_of_a_later_opset_is_refused(exported_folder, tmp_path):
    def raise_opset(model):
        model.opset_import[0].version = 99

    folder = changed_graph(copied(exported_folder, tmp_path), raise_opset)
    with pytest.raises(CheckpointError, match=r"onnxruntime \S+ can't load .*model.onnx .*Opset 99"):
        encode(folder)


def test_a_graph_with_other_inputs_is_refused(exported_folder, tmp_path):
    def add_input(model):
        model.graph.input.add().CopyFrom(model.graph.input[0])
        model.graph.input[-1].name = "attention_mask"

    folder = changed_graph(copied(exported_folder, tmp_path), add_input)
    with pytest.raises(CheckpointError, match=r"has the inputs attention_mask, "):
        encode(folder)


def test_a_file_that_is_no_graph_is_refused(tmp_path):
    (tmp_path / GRAPH_FILE).write_bytes(b"no graph")
    with pytest.raises(CheckpointError, match=r"can't load .*(protobuf|Protobuf)"):
        OnnxruntimeSession(tmp_path / GRAPH_FILE, None, ThreadPlan(1, 1))


def test_providers_have_short_names():
    assert find_provider(None) == find_provider("CPU") == find_provider("CPUExecutionProvider")
    with pytest.raises(ConfigError, match=r'pip install "onnxruntime-directml"'):
        find_provider("directml")
    with pytest.raises(ConfigError, match=r"has no provider 'coreml' here"):
        find_provider("coreml")


def test_a_failed_allocation_is_a_memory_error(exported_folder, monkeypatch):
    session = OnnxruntimeSession(exported_folder / GRAPH_FILE, None, ThreadPlan(1, 1))

    class Full:
        def run(self, *_):
            raise RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for 9 bytes")

    monkeypatch.setattr(session, "_session", Full())
    with pytest.raises(MemoryError, match=r"Failed to allocate"):
        session.run({"input_ids": np.zeros(1, dtype=np.int64)}, ["embeddings"])
