"""The runtime: devices, dtypes, overflow and memory."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.backends.torch.device import HEAVY, choose_device, choose_dtype, to_device, use_threads
from qwen3_embed_integrations.backends.torch.forward import TorchForward
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint
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


def test_an_embedding_that_overflows_in_16_bits_is_computed_in_float32(overflowing, caplog):
    exact = TorchForward(overflowing, CPU, "float32")(BATCH)
    embeddings = TorchForward(overflowing, CPU, torch.float16)(BATCH)
    assert "2 embeddings overflowed in torch.float16" in caplog.text
    np.testing.assert_allclose(embeddings, exact)
    assert np.isfinite(embeddings).all()


def test_an_embedding_that_fits_is_left_in_its_dtype(checkpoint, caplog):
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


@pytest.mark.parametrize("multiplies", [True, False])
def test_auto_is_bfloat16_only_for_large_models_on_cpus_that_multiply_it(monkeypatch, multiplies):
    device = choose_device("auto")
    assert device.type == ("cuda" if torch.cuda.is_available() else device.type)
    monkeypatch.setattr("qwen3_embed_integrations.backends.torch.device.has_bfloat16_matmul", lambda: multiplies)
    assert choose_dtype("auto", CPU, HEAVY - 1) == torch.float32
    assert choose_dtype("auto", CPU, HEAVY) == (torch.bfloat16 if multiplies else torch.float32)
    assert choose_dtype("int8", CPU) == torch.int8
    with pytest.raises(ConfigError, match="CPUs only"):
        choose_dtype("int8", torch.device("mps"))
    assert choose_dtype("bfloat16", CPU) == torch.bfloat16


def test_float16_is_refused_where_bfloat16_serves():
    with pytest.raises(ConfigError, match="overflows to NaN"):
        choose_dtype("float16", CPU)
    with pytest.raises(ConfigError, match='"bfloat16"'):
        choose_dtype("float16", torch.device("mps"))


def test_the_shape_in_an_older_config_reads_alike(checkpoint):
    from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture

    config = json.loads((checkpoint / "config.json").read_text())
    older = {name: value for name, value in config.items() if name != "rope_parameters"}
    assert Qwen3Architecture.of(
        {**older, "rope_theta": config["rope_parameters"]["rope_theta"]}
    ) == Qwen3Architecture.of(config)


def test_a_stream_keeps_its_threads_to_itself():
    import threading

    before, seen = torch.get_num_threads(), []

    def stream():
        use_threads(before + 1, of=before)
        seen.append(torch.get_num_threads())
        other = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        other.start()
        other.join()

    thread = threading.Thread(target=stream)
    thread.start()
    thread.join()
    assert seen == [before + 1, before]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("pooling", ["lasttoken", "mean"])
@pytest.mark.parametrize("n", [3, 17, 40])
def test_padding_the_total_changes_no_embedding(make_checkpoint, pooling, n):
    checkpoint = opened(make_checkpoint(pooling=pooling))
    batch = pack([[5 + i] * (1 + i % 7) for i in range(n)])
    padded = TorchForward(checkpoint, CPU, torch.float32, "matmul=prepacked")(batch)
    np.testing.assert_allclose(padded, TorchForward(checkpoint, CPU, torch.float32)(batch), atol=2e-6)


def test_prefixes_are_computed_once_and_the_oldest_goes_first():
    from qwen3_embed_integrations.backends.torch.prefix_cache import PrefixCache

    asked = []
    cache = PrefixCache(lambda prefix: asked.append(prefix) or ())
    for number in (*range(16), 0, 16, 0, 1):
        cache((number,))
    assert asked == [(number,) for number in (*range(17), 1)]
    assert len(cache) == 16


def test_a_prefix_of_a_transformers_model_is_written_out(own_checkpoint, checkpoint):
    config = json.loads((own_checkpoint / "config.json").read_text())
    rope = {"rope_type": "linear", "factor": 1.0, "rope_theta": config["rope_parameters"]["rope_theta"]}
    (own_checkpoint / "config.json").write_text(json.dumps({**config, "rope_parameters": rope}))
    batch = pack([[7], [8, 9]], (5, 6, 4, 3))
    embeddings = TorchForward(opened(own_checkpoint), CPU, torch.float32)(batch)
    np.testing.assert_allclose(embeddings, TorchForward(opened(checkpoint), CPU, torch.float32)(batch), atol=1e-5)


def test_int8_refuses_an_unusual_checkpoint(own_checkpoint):
    config = json.loads((own_checkpoint / "config.json").read_text())
    (own_checkpoint / "config.json").write_text(json.dumps({**config, "hidden_act": "gelu"}))
    with pytest.raises(ConfigError, match="int8"):
        TorchForward(opened(own_checkpoint), CPU, "int8")


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_an_array_arrives_as_it_was(device):
    array = np.arange(7)
    arrived = to_device(array, torch.device(device))
    assert arrived.device.type == device
    np.testing.assert_array_equal(arrived.cpu().numpy(), array)
