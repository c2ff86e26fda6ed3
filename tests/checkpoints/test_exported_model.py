"""Folders that are no exported models are refused with what to do instead."""

import pytest

from qwen3_embed_integrations import CheckpointError, ConfigError, EncoderConfig, ModelNotFoundError
from qwen3_embed_integrations.checkpoints.exported_model import open_exported


def opened(model, **options):
    return open_exported(EncoderConfig(model=str(model), backend="onnx", **options), is_reranker=False)


def test_a_checkpoint_is_to_be_exported_first(checkpoint):
    with pytest.raises(CheckpointError, match=f"Run: qwen3-embed export --model {checkpoint} --output FOLDER"):
        opened(checkpoint)


def test_somebody_elses_graph_is_refused(tmp_path):
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"")
    with pytest.raises(
        CheckpointError, match=r"has onnx/model.onnx and no export_manifest.json: it was not exported by"
    ):
        opened(tmp_path)


def test_a_hub_name_is_no_folder():
    with pytest.raises(ModelNotFoundError, match=r"'Qwen/Qwen3-Embedding-0.6B' is no folder. Run: qwen3-embed export"):
        opened("0.6B")


def test_a_bundled_model_has_no_revision():
    with pytest.raises(ConfigError, match=r"is bundled"):
        opened("tiny", revision="main")


def test_the_bundled_model_has_the_digest_of_its_weights():
    from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint

    exported = opened("tiny").model_info
    original = open_checkpoint(EncoderConfig(model="tiny")).model_info
    assert {**vars(original), "stored_dtype": "float32"} == vars(exported)
