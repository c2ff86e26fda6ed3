"""transformers' module on packed sequences, and what it refuses."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers.utils import logging as transformers_logging

from qwen3_embed_integrations import CheckpointError
from qwen3_embed_integrations.backends.torch.attention import KeysValues, Layout
from qwen3_embed_integrations.backends.torch.transformers_model import ReferenceQwen3, load_reference

CPU = torch.device("cpu")
IDS = torch.tensor([5, 6, 7, 8, 9])
POSITIONS = torch.tensor([0, 1, 2, 0, 1])
LAYOUT = Layout.of([3, 2], torch.tensor([0, 3, 5]))


@torch.inference_mode()
def test_packed_sequences_do_not_attend_to_each_other(checkpoint):
    reference = ReferenceQwen3(load_reference(checkpoint, CPU, torch.float32))
    packed = reference(IDS, POSITIONS, LAYOUT, None)
    alone = reference(IDS[3:], POSITIONS[3:], Layout.of([2], torch.tensor([0, 2])), None)
    torch.testing.assert_close(packed[3:], alone, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(reference(IDS, POSITIONS, LAYOUT, torch.tensor([2, 4])), packed[[2, 4]])


def test_a_prefix_is_refused(checkpoint):
    reference = ReferenceQwen3(load_reference(checkpoint, CPU, torch.float32))
    kept = KeysValues(torch.zeros(1, 2, 32), torch.zeros(1, 2, 32))
    with pytest.raises(TypeError, match="no prefix"):
        reference(IDS, POSITIONS, LAYOUT, None, (kept,))


def test_missing_weights_are_refused_and_not_made_up(own_checkpoint):
    weights = load_file(own_checkpoint / "model.safetensors")
    del weights["layers.0.mlp.up_proj.weight"]
    save_file(weights, own_checkpoint / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lack 1 tensors.*layers\.0\.mlp\.up_proj\.weight"):
        load_reference(own_checkpoint, CPU, torch.float32)


def test_a_config_that_transformers_refuses_is_our_error(own_checkpoint):
    (own_checkpoint / "config.json").write_text('{"model_type": "qwen3", "hidden_size": "wide"}')
    with pytest.raises(CheckpointError, match="can't be loaded"):
        load_reference(own_checkpoint, CPU, torch.float32)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_progress_bar_s_setting_survives_a_load(checkpoint, enabled):
    before = transformers_logging.is_progress_bar_enabled()
    try:
        (transformers_logging.enable_progress_bar if enabled else transformers_logging.disable_progress_bar)()
        load_reference(checkpoint, CPU, torch.float32)
        assert transformers_logging.is_progress_bar_enabled() == enabled
    finally:
        (transformers_logging.enable_progress_bar if before else transformers_logging.disable_progress_bar)()
