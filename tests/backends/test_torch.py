"""The runtime: devices, dtypes, overflow and memory."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.backends.checkpoint import open_checkpoint
from qwen3_embed_integrations.backends.torch import TorchForward, choose_device, choose_dtype
from qwen3_embed_integrations.core.packing import pack

CPU = torch.device("cpu")
BATCH = pack([[5, 6, 7], [8, 9]])


def opened(folder):
    return open_checkpoint(EncoderConfig(model=str(folder)))


@pytest.fixture
def overflowing(own_checkpoint):
    """A model whose MLP leaves float16's range and not float32's."""
    weights = load_file(own_checkpoint / "model.safetensors")
    for name in weights:
        if "gate_proj" in name or "up_proj" in name:
            weights[name] *= 1e4
    save_file(weights, own_checkpoint / "model.safetensors", metadata={"format": "pt"})
    return opened(own_checkpoint)


def test_a_row_that_overflows_in_16_bits_is_computed_in_float32(overflowing, caplog):
    exact = TorchForward(overflowing, CPU, "float32")(BATCH)
    rows = TorchForward(overflowing, CPU, torch.float16)(BATCH)
    assert "2 rows overflowed in torch.float16" in caplog.text
    np.testing.assert_allclose(rows, exact)
    assert np.isfinite(rows).all()


def test_a_row_that_fits_is_left_in_its_dtype(checkpoint, caplog):
    opened_checkpoint = opened(checkpoint)
    rough = TorchForward(opened_checkpoint, CPU, "bfloat16")(BATCH)
    assert not caplog.text
    assert np.abs(rough - TorchForward(opened_checkpoint, CPU, "float32")(BATCH)).max() > 0


def test_torch_out_of_memory_is_a_memory_error(checkpoint, monkeypatch):
    forward = TorchForward(opened(checkpoint), CPU, "float32")
    monkeypatch.setattr(forward, "_model", lambda *_: torch.empty(2**50))  # torch's own allocator refuses it
    with pytest.raises(MemoryError, match="allocate"):
        forward(BATCH)


def test_another_error_of_torch_stays_what_it_is(checkpoint):
    forward = TorchForward(opened(checkpoint), CPU, "float32")
    with pytest.raises(IndexError):
        forward(pack([[10**9]]))


def test_auto_is_the_best_device_here_and_float32_on_a_cpu():
    device = choose_device("auto")
    assert device.type == ("cuda" if torch.cuda.is_available() else device.type)
    assert choose_dtype("auto", CPU) == torch.float32
    assert choose_dtype("bfloat16", CPU) == torch.bfloat16


def test_float16_is_refused_where_bfloat16_serves():
    with pytest.raises(ConfigError, match="overflows to NaN"):
        choose_dtype("float16", CPU)
    with pytest.raises(ConfigError, match='"bfloat16"'):
        choose_dtype("float16", torch.device("mps"))


def test_the_shape_in_an_older_config_reads_alike(checkpoint):
    from qwen3_embed_integrations.backends.qwen3 import Shape

    config = json.loads((checkpoint / "config.json").read_text())
    older = {name: value for name, value in config.items() if name != "rope_parameters"}
    assert Shape.of({**older, "rope_theta": config["rope_parameters"]["rope_theta"]}) == Shape.of(config)
