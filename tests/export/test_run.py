"""An export from the checkpoint to the published folder."""

import json
import sys

import numpy as np
import onnx
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModel

from checkpoints import TINY, build_reranker, write_json
from exported_models import TEXTS, exported
from qwen3_embed_integrations import CheckpointError, ConfigError, EncoderConfig, MissingExtraError, Qwen3Encoder
from qwen3_embed_integrations.checkpoints.export_manifest import GRAPH_FILE, OPSET, read_manifest
from qwen3_embed_integrations.export import ExportOptions, check, export

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft 0.21


@pytest.fixture
def adapter(checkpoint, tmp_path):
    """A LoRA adapter of `checkpoint` with an effect."""
    torch.manual_seed(5)
    model = get_peft_model(
        AutoModel.from_pretrained(checkpoint), LoraConfig(r=4, target_modules=["q_proj", "down_proj"])
    )
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    folder = tmp_path / "adapter"
    model.save_pretrained(folder)
    settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    write_json(folder / "adapter_config.json", {**settings, "base_model_name_or_path": str(checkpoint)})
    return folder


def test_the_graph_has_standard_operators_of_one_opset(checkpoint, tmp_path):
    folder = exported(checkpoint, tmp_path / "exported")
    graph = onnx.load(folder / GRAPH_FILE, load_external_data=False)
    assert [(one.domain, one.version) for one in graph.opset_import] == [("", OPSET)]
    onnx.checker.check_model(folder / GRAPH_FILE)
    onnx.shape_inference.infer_shapes(graph, check_type=True, strict_mode=True, data_prop=True)


def test_a_lora_adapter_is_merged(adapter, checkpoint, tmp_path):
    folder = exported(adapter, tmp_path / "exported", check=True)
    merged = Qwen3Encoder(model=str(folder), backend="onnx")
    expected = Qwen3Encoder(model=str(adapter), dtype="float32")
    np.testing.assert_allclose(merged.encode_document(TEXTS), expected.encode_document(TEXTS), atol=1e-6)
    assert merged.space.fingerprint == expected.space.fingerprint
    base = Qwen3Encoder(model=str(checkpoint), dtype="float32")
    assert np.abs(base.encode_document(TEXTS) - merged.encode_document(TEXTS)).max() > 0.01


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8", "int8_blocks", "int4"])
@pytest.mark.parametrize("kind", ["bfloat16", "reranker"])
def test_each_dtype_is_as_near_as_it_promises(dtype, kind, make_checkpoint, tmp_path):
    original = (
        build_reranker(tmp_path / "a-reranker", form="score")
        if kind == "reranker"
        else make_checkpoint(dtype=torch.bfloat16)
    )
    options = ExportOptions(output=tmp_path / "exported", weights_dtype=dtype, check=True)
    report = export(EncoderConfig(model=str(original)), options)
    assert report.difference
    assert f"bound of {dtype}" in report.difference
    assert read_manifest(report.folder) == report.manifest
    assert report.n_bytes == sum(path.stat().st_size for path in report.folder.glob("model.onnx*"))


def test_few_bits_make_a_smaller_file(make_checkpoint, tmp_path):
    original = make_checkpoint(hidden_size=256, intermediate_size=1024, num_hidden_layers=4)
    sizes = [
        (exported(original, tmp_path / dtype, weights_dtype=dtype) / "model.onnx.data").stat().st_size
        for dtype in ("float32", "float16", "int8", "int4")
    ]
    assert sizes == sorted(sizes, reverse=True)
    table = 32_000 * 256 * 2
    matrices = (sizes[0] - 2 * table) / 4
    assert sizes[2] - table == pytest.approx(matrices * 1.01, rel=0.02)
    assert sizes[3] - table == pytest.approx(matrices * 0.625, rel=0.02)


def test_an_export_that_is_too_far_is_not_kept(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setitem(check.BOUNDS, "int8", 1e-9)
    with pytest.raises(
        CheckpointError, match=r"too far from torch's, so nothing was kept: 18 .* Try --dtype int8_blocks"
    ):
        exported(checkpoint, tmp_path / "exported", weights_dtype="int8", check=True)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_is_left_alone(checkpoint, tmp_path):
    with pytest.raises(ConfigError, match=r"already exists"):
        exported(checkpoint, tmp_path)


def test_a_model_that_the_graph_does_not_compute_is_refused(make_checkpoint, tmp_path):
    with pytest.raises(CheckpointError, match=r'more than a plain Qwen3 decoder.*backend="torch"'):
        exported(make_checkpoint(attention_bias=True), tmp_path / "exported")


def test_a_weight_beyond_float16_is_refused(own_checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    weights = load_file(own_checkpoint / "model.safetensors")
    weights["layers.1.mlp.down_proj.weight"][0, 0] = 1e6
    save_file(weights, own_checkpoint / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"layers.1.mlp.down_proj.weight has a weight of 1e.06, beyond float16"):
        exported(own_checkpoint, tmp_path / "exported", weights_dtype="float16")


def test_without_the_package_onnx_the_extra_is_named(checkpoint, tmp_path, monkeypatch):
    for name in ("write_graph", "qwen3_graph", "graph_builder", "data_file", "stored_weights"):
        monkeypatch.delitem(sys.modules, f"qwen3_embed_integrations.export.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"qwen3-embed-integrations\[export\]"):
        exported(checkpoint, tmp_path / "exported")


def test_an_exported_folder_holds_no_weights_for_torch(checkpoint, tmp_path):
    folder = exported(checkpoint, tmp_path / "exported")
    with pytest.raises(CheckpointError, match=r'`qwen3-embed export` wrote.*backend="onnx"'):
        Qwen3Encoder(model=str(folder)).encode_query(["a"])


def test_the_bundled_graph_is_what_its_tool_writes(tmp_path):
    from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
    from qwen3_embed_integrations.export.run import export_beside_weights

    export_beside_weights(open_checkpoint(EncoderConfig(model="tiny")), tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (TINY / path.name).read_bytes(), "run python tools/tiny_graph.py"
