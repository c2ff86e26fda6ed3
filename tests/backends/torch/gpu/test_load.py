"""A checkpoint on a GPU, and what was tried for it."""

import json
import logging

import pytest
import torch

from fake_gpu import CPU, FAKE_CARD, FakeDevices
from qwen3_embed_integrations import ConfigError, EncoderConfig
from qwen3_embed_integrations.backends.torch.attention import Layout, causal_attention
from qwen3_embed_integrations.backends.torch.gpu.accelerator import Accelerator, read_accelerator
from qwen3_embed_integrations.backends.torch.gpu.attention import VarlenLayout
from qwen3_embed_integrations.backends.torch.gpu.load import load_gpu_model
from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import TorchGpuOps
from qwen3_embed_integrations.checkpoints.checkpoint import open_checkpoint

T4 = Accelerator(CPU, "cuda", "a T4 that is a CPU", (7, 5))
HOPPER = Accelerator(CPU, "cuda", "an H100 that is a CPU", (9, 0), has_bfloat16=True)


def opened(folder):
    return open_checkpoint(EncoderConfig(model=str(folder)))


@pytest.mark.parametrize(
    ("card", "dtype"), [(T4, torch.float16), (HOPPER, torch.bfloat16), (FAKE_CARD, torch.bfloat16)]
)
def test_what_does_not_run_on_a_card_falls_back_and_is_logged(checkpoint, caplog, card, dtype):
    """No kernel of a GPU runs on a CPU: each trial fails, and the model still loads."""
    caplog.set_level(logging.INFO)
    model = load_gpu_model(opened(checkpoint), card)
    assert model.dtype == dtype
    assert model.attention.name == "padded"
    assert isinstance(model.runs.arithmetic.ops, TorchGpuOps)
    assert ("efficient (" in caplog.text) == (card.kind == "cuda")
    assert model.runs.arithmetic.mlp_scale == (1 / 32 if dtype == torch.float16 else 1)


def test_a_dtype_that_the_card_emulates_is_refused_before_weights_are_read(checkpoint):
    with pytest.raises(ConfigError, match="has no bfloat16 in hardware"):
        load_gpu_model(opened(checkpoint), T4, "bfloat16")


def test_transformers_module_computes_again_in_float32_and_goes_back(own_checkpoint):
    config = json.loads((own_checkpoint / "config.json").read_text())
    (own_checkpoint / "config.json").write_text(json.dumps({**config, "hidden_act": "gelu"}))
    model = load_gpu_model(opened(own_checkpoint), HOPPER)
    ids, positions, bounds = torch.tensor([5, 6, 7]), torch.arange(3), torch.tensor([0, 3], dtype=torch.int32)
    layout, wanted = VarlenLayout.of([3], bounds), torch.tensor([2])
    with torch.inference_mode():
        before = model.states(ids, positions, layout, wanted)
        exact = model.exact_states(ids, positions, layout, wanted)
        after = model.states(ids, positions, layout, wanted)
    torch.testing.assert_close(before, after)
    assert (before - exact).abs().max() > 0
    assert torch.cosine_similarity(before, exact).min() > 0.999


def test_the_attention_of_float32_is_chosen_when_it_is_needed(checkpoint):
    model = load_gpu_model(opened(checkpoint), T4)
    assert "exact_attention" not in vars(model)
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 4, 32), torch.randn(3, 2, 32), torch.randn(3, 2, 32)
    bounds = torch.tensor([0, 3], dtype=torch.int32)
    found = model.exact_attention.kernel(query, key, value, 0.2, VarlenLayout.of([3], bounds))
    torch.testing.assert_close(found, causal_attention(query, key, value, 0.2, Layout.of([3], bounds)))


def test_a_card_is_read_through_the_layer():
    assert read_accelerator(torch.device("cuda", 1), FakeDevices(capability=(9, 0))).kind == "cuda"
