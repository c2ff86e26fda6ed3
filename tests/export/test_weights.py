"""A checkpoint's weights in numpy are torch's."""

import json
import struct

import numpy as np
import pytest
import torch

from qwen3_embed_integrations import CheckpointError, EncoderConfig
from qwen3_embed_integrations.backends.torch.weights import FolderWeights
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint, read_json
from qwen3_embed_integrations.checkpoints.expected_weights import expected_weights
from qwen3_embed_integrations.export.weights import as_float32, read_weights


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_every_weight_is_torchs(dtype, make_checkpoint):
    folder = make_checkpoint(dtype=dtype)
    read = read_weights(open_checkpoint(EncoderConfig(model=str(folder))))
    expected = FolderWeights(folder, torch.device("cpu"), torch.float32)
    for name, shape in expected_weights(read_json(folder / "config.json")):
        np.testing.assert_array_equal(as_float32(read(name)), expected(name, *shape).numpy())


def test_a_weight_that_is_not_there_is_named(checkpoint):
    read = read_weights(open_checkpoint(EncoderConfig(model=str(checkpoint))))
    with pytest.raises(CheckpointError, match=r"lack layers.9.norm"):
        read("layers.9.norm")


def test_integers_are_no_weights(own_checkpoint):
    path = own_checkpoint / "model.safetensors"
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header["norm.weight"]["dtype"] = "I32"
    changed = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(changed)) + changed + content[8 + length :])
    opened = open_checkpoint(EncoderConfig(model=str(own_checkpoint)), lambda *_: None)
    with pytest.raises(CheckpointError, match=r"norm.weight in .* has dtype I32"):
        read_weights(opened)("norm.weight")
