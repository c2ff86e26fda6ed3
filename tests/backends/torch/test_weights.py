"""Weights by name, from files and from a state dict."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from qwen3_embed_integrations import CheckpointError
from qwen3_embed_integrations.backends.torch.weights import FolderWeights, MergedWeights

CPU = torch.device("cpu")


def test_weights_are_read_by_name_from_whichever_file_has_them(checkpoint, tmp_path):
    stored = load_file(checkpoint / "model.safetensors")
    names = sorted(stored)
    for number, some in enumerate((names[::2], names[1::2])):
        save_file({name: stored[name] for name in some}, tmp_path / f"model-{number}.safetensors")
    weights = FolderWeights(tmp_path, CPU, torch.float32)
    for name, weight in stored.items():
        torch.testing.assert_close(weights(name, *weight.shape), weight, rtol=0, atol=0)


def test_a_weight_is_converted_and_owns_its_memory(checkpoint):
    weight = FolderWeights(checkpoint, CPU, torch.bfloat16)("norm.weight", 64)
    assert weight.dtype == torch.bfloat16
    assert weight.untyped_storage().nbytes() == weight.nbytes


def test_a_missing_weight_and_another_shape_are_refused_by_name(checkpoint):
    weights = FolderWeights(checkpoint, CPU, torch.float32)
    with pytest.raises(CheckpointError, match=r"lack layers\.9\.mlp\.up_proj\.weight"):
        weights("layers.9.mlp.up_proj.weight", 128, 64)
    with pytest.raises(CheckpointError, match=r"norm\.weight .* has shape \(64,\), config.json says \(63,\)"):
        weights("norm.weight", 63)


def test_a_file_that_is_no_safetensors_file_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="can't be opened"):
        FolderWeights(tmp_path, CPU, torch.float32)


def test_a_state_dict_gives_its_weights_in_the_shape_asked_for():
    matrix = torch.arange(6.0)
    torch.testing.assert_close(MergedWeights({"x": matrix})("x", 2, 3), matrix.view(2, 3))
