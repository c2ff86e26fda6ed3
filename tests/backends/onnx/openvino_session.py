"""The same file on OpenVINO. `test_openvino_session.py` runs these tests."""

import numpy as np
import openvino
import pytest

from exported_models import TEXTS, changed_graph, copied
from qwen3_embed_integrations import CheckpointError, ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.backends.registry import report_plan
from qwen3_embed_integrations.core.cache_keys import embedding_key


def multiplies_bfloat16():
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def on_openvino(folder, **options):
    return Qwen3Encoder(model=str(folder), backend="onnx", runtime="openvino", **options)


@pytest.mark.parametrize("model", ["small", "tiny"])
def test_embeddings_are_torchs(model, checkpoint, exported_folder):
    original, folder = (checkpoint, exported_folder) if model == "small" else ("tiny", "tiny")
    torch_encoder, encoder = Qwen3Encoder(model=str(original), dtype="float32"), on_openvino(folder)
    for name in ("encode_document", "encode_query"):
        assert np.abs(getattr(torch_encoder, name)(TEXTS) - getattr(encoder, name)(TEXTS)).max() <= 1e-6


@pytest.mark.skipif(not multiplies_bfloat16(), reason="this CPU has no bfloat16")
def test_bfloat16_is_near_and_kept_apart_from_float32(exported_folder):
    exact, encoder = on_openvino(exported_folder), on_openvino(exported_folder, dtype="bfloat16")
    for texts in (TEXTS, [" ".join(["long"] * 3000), *TEXTS]):
        cosines = (encoder.encode_document(texts) * exact.encode_document(texts)).sum(1)
        assert 0.9 < cosines.min() < 1 - 1e-7
    keys = [embedding_key(one.config, one.model_info, "").digest for one in (encoder, exact)]
    assert keys[0] != keys[1]


def test_a_device_that_is_not_there_is_named(exported_folder):
    with pytest.raises(ConfigError, match=r"OpenVINO has no device 'NPU' here; it has CPU"):
        on_openvino(exported_folder, provider="NPU").encode_query(["a"])


def test_a_graph_that_it_does_not_know_is_refused(exported_folder, tmp_path):
    def rename(model):
        model.graph.node[0].op_type = "NoSuchOperator"

    folder = changed_graph(copied(exported_folder, tmp_path), rename)
    with pytest.raises(CheckpointError, match=r"openvino \S+ can't load"):
        on_openvino(folder).encode_query(["a"])


def test_the_report_names_it(exported_folder):
    config = EncoderConfig(model=str(exported_folder), backend="onnx", runtime="openvino")
    assert dict(report_plan(config))["runtime"].startswith("openvino ")
