"""Which runtime a checkpoint is loaded into, and with which weights."""

import json

import pytest
import torch

from checkpoints import write_json
from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.backends.torch.load import load_model, take_weights
from qwen3_embed_integrations.backends.torch.modeling_qwen3 import PackedQwen3
from qwen3_embed_integrations.backends.torch.transformers_model import ReferenceQwen3
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint

CPU = torch.device("cpu")


def opened(folder):
    return open_checkpoint(EncoderConfig(model=str(folder)))


def unusual(folder):
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "hidden_act": "gelu"})
    return opened(folder)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
def test_a_plain_checkpoint_runs_here(checkpoint, dtype):
    assert isinstance(load_model(opened(checkpoint), CPU, dtype), PackedQwen3)


def test_an_unusual_checkpoint_runs_in_transformers_but_not_in_int8(own_checkpoint):
    checkpoint = unusual(own_checkpoint)
    assert isinstance(load_model(checkpoint, CPU, torch.float32), ReferenceQwen3)
    with pytest.raises(ConfigError, match=r'int8.*dtype="bfloat16"'):
        load_model(checkpoint, CPU, torch.int8)


def test_weights_without_an_adapter_are_those_of_the_files(checkpoint):
    from safetensors.torch import load_file

    stored = load_file(checkpoint / "model.safetensors")["norm.weight"]
    torch.testing.assert_close(take_weights(opened(checkpoint), CPU, torch.float32)("norm.weight", 64), stored)
