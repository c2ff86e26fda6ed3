"""A packed batch to embeddings: overflow, memory, padding and prefixes."""

import json
import weakref

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.backends.torch import forward as runtime
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


def test_out_of_memory_keeps_nothing_of_the_batch_alive(checkpoint, monkeypatch):
    forward = TorchForward(opened(checkpoint), CPU, "float32")
    activations, emptied = [], []

    def fail(*_):
        held = torch.ones(8)
        activations.append(weakref.ref(held))
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(forward, "_model", fail)
    monkeypatch.setattr(runtime, "empty_cache", lambda _: emptied.append(activations[0]()))
    with pytest.raises(MemoryError, match="CUDA out of memory") as caught:
        forward(BATCH)
    assert emptied == [None]  # the activations were gone when the cache was emptied
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_another_error_of_torch_stays_what_it_is(checkpoint):
    forward = TorchForward(opened(checkpoint), CPU, "float32")
    with pytest.raises(IndexError):
        forward(pack([[10**9]]))


@pytest.mark.parametrize("pooling", ["lasttoken", "mean"])
@pytest.mark.parametrize("n", [3, 17, 40])
def test_padding_the_total_changes_no_embedding(make_checkpoint, pooling, n):
    checkpoint = opened(make_checkpoint(pooling=pooling))
    batch = pack([[5 + i] * (1 + i % 7) for i in range(n)])
    padded = TorchForward(checkpoint, CPU, torch.float32, "matmul=prepacked")(batch)
    np.testing.assert_allclose(padded, TorchForward(checkpoint, CPU, torch.float32)(batch), atol=2e-6)


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


@pytest.mark.parametrize(("n_bytes", "stored"), [(10**12, torch.float32), (300_500_000, torch.int8)])
def test_auto_stores_a_model_that_does_not_fit_in_a_smaller_dtype(checkpoint, monkeypatch, caplog, n_bytes, stored):
    monkeypatch.setattr(runtime, "available_memory", lambda: n_bytes)
    forward = TorchForward(opened(checkpoint), CPU, "auto")
    exact = TorchForward(opened(checkpoint), CPU, "float32")
    assert forward.dtype == stored
    assert ("stored in int8 and multiplied in float32" in caplog.text) == (stored == torch.int8)
    assert ("GB of memory are available" in forward.chosen.reasons[0]) == (stored == torch.int8)
    ours, theirs = (torch.from_numpy(one(BATCH)) for one in (forward, exact))
    assert torch.cosine_similarity(ours, theirs).min() > (0.9999 if stored == torch.float32 else 0.995)


def test_memory_changes_nothing_for_a_dtype_that_was_asked_for(checkpoint, monkeypatch):
    monkeypatch.setattr(runtime, "available_memory", lambda: 1)
    assert TorchForward(opened(checkpoint), CPU, "float32").dtype == torch.float32


def test_auto_stores_an_unusual_checkpoint_in_bfloat16_at_the_least(own_checkpoint, monkeypatch):
    config = json.loads((own_checkpoint / "config.json").read_text())
    (own_checkpoint / "config.json").write_text(json.dumps({**config, "attention_bias": False, "hidden_act": "gelu"}))
    monkeypatch.setattr(runtime, "available_memory", lambda: 1)
    forward = TorchForward(opened(own_checkpoint), CPU, "auto")
    assert forward.dtype == torch.bfloat16
    exact = TorchForward(opened(own_checkpoint), CPU, "float32")(BATCH)
    assert torch.cosine_similarity(*(torch.from_numpy(one) for one in (forward(BATCH), exact))).min() > 0.999
