"""A layer's fused products and norms are the checkpoint's separate ones."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import linear

from qwen3_embed_integrations import CheckpointError
from qwen3_embed_integrations.backends.torch.architecture import Qwen3Architecture
from qwen3_embed_integrations.backends.torch.decoder_layer import read_layers
from qwen3_embed_integrations.backends.torch.kernels.linear import plain
from qwen3_embed_integrations.backends.torch.kernels.torch_ops import ScaledTensor
from qwen3_embed_integrations.backends.torch.weights import FolderWeights


def read(folder, **changes):
    architecture = Qwen3Architecture.of({**json.loads((folder / "config.json").read_text()), **changes})
    take = FolderWeights(folder, torch.device("cpu"), torch.float32)
    return architecture, read_layers(architecture, take, plain)


def test_each_layer_computes_the_products_of_its_own_weights(checkpoint):
    architecture, layers = read(checkpoint)
    stored = load_file(checkpoint / "model.safetensors")
    torch.manual_seed(0)
    layers = list(layers)
    assert len(layers) == architecture.num_hidden_layers == 3
    for number, layer in enumerate(layers):
        for product, names in (
            (layer.qkv, ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
            (layer.out, ["self_attn.o_proj"]),
            (layer.gate_up, ["mlp.gate_proj", "mlp.up_proj"]),
            (layer.down, ["mlp.down_proj"]),
        ):
            weights = [stored[f"layers.{number}.{name}.weight"] for name in names]
            inputs = torch.randn(2, weights[0].shape[1])
            expected = torch.cat([linear(inputs, weight) for weight in weights], dim=1)
            torch.testing.assert_close(product(ScaledTensor(inputs)).values, expected)


def test_norms_are_float32_with_one_line_for_each_head(make_checkpoint):
    folder = make_checkpoint(dtype=torch.bfloat16, num_hidden_layers=1)
    architecture, layers = read(folder)
    (layer,) = layers
    n_heads = architecture.num_attention_heads + architecture.num_key_value_heads
    assert layer.norms.shape == (n_heads, architecture.head_dim)
    assert layer.input_norm.shape == layer.mlp_norm.shape == (architecture.hidden_size,)
    assert {layer.norms.dtype, layer.input_norm.dtype, layer.mlp_norm.dtype} == {torch.float32}


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"num_hidden_layers": 4}, r"lack layers\.3\."),
        ({"num_key_value_heads": 4}, r"k_proj.* has shape \(64, 64\), config.json says \(128, 64\)"),
        ({"intermediate_size": 96}, r"gate_proj.* has shape"),
    ],
)
def test_a_missing_or_misshapen_weight_is_refused(checkpoint, changes, part):
    with pytest.raises(CheckpointError, match=part):
        list(read(checkpoint, **changes)[1])


def test_the_last_layer_can_compute_its_queries_apart(checkpoint):
    whole = list(read(checkpoint)[1])
    architecture = Qwen3Architecture.of(json.loads((checkpoint / "config.json").read_text()))
    take = FolderWeights(checkpoint, torch.device("cpu"), torch.float32)
    *others, last = read_layers(architecture, take, plain, last_apart=True)
    assert all(layer.apart is None for layer in others)
    inputs = ScaledTensor(torch.randn(2, architecture.hidden_size))
    apart = torch.cat([product(inputs).values for product in last.apart], dim=1)
    torch.testing.assert_close(apart, whole[-1].qkv(inputs).values)
