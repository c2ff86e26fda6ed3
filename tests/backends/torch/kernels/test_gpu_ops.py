"""The steps of a GPU in torch, against the CPU's."""

import pytest
import torch

from qwen3_embed_integrations.backends.torch.kernels.gpu_ops import GpuOpsConfig, PrefixPlaces, TorchGpuOps
from qwen3_embed_integrations.backends.torch.kernels.torch_ops import OpsConfig, ScaledTensor, TorchOps

SHAPE = (4, 2, 16, 1e-6)


def both(dtype):
    torch.manual_seed(0)
    return TorchGpuOps(GpuOpsConfig(*SHAPE, dtype)), TorchOps(OpsConfig(*SHAPE[2:], dtype, dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_they_compute_what_the_cpus_do(dtype):
    ours, theirs = both(dtype)
    states, delta, weight = torch.randn(5, 64), torch.randn(5, 64).to(dtype), torch.randn(64)
    a, b = states.clone(), states.clone()
    torch.testing.assert_close(ours.add_norm(a, delta, weight), theirs.add_norm(b, ScaledTensor(delta), weight).values)
    torch.testing.assert_close(a, b)
    qkv, norms, angles = torch.randn(5, 8 * 16).to(dtype), torch.randn(6, 16), torch.randn(5, 8)
    expected = theirs.split_heads(ScaledTensor(qkv), norms, angles.cos(), angles.sin())
    query, key, value = ours.split_heads(qkv, norms, angles.cos(), angles.sin())
    for found, wanted in zip((torch.cat((query, key), dim=1), value), expected, strict=True):
        torch.testing.assert_close(found, wanted)
    gate_up = torch.randn(5, 96).to(dtype)
    torch.testing.assert_close(ours.swiglu(gate_up), theirs.swiglu(ScaledTensor(gate_up)).values, atol=2e-2, rtol=2e-2)


def test_a_factor_of_two_to_a_power_changes_no_digit_of_what_it_scales():
    ours, _ = both(torch.float32)
    gate_up, states, weight = torch.randn(3, 96), torch.randn(3, 48), torch.randn(48)
    inner = ours.swiglu(gate_up, 2.0**-5)
    torch.testing.assert_close(inner * 32, ours.swiglu(gate_up), rtol=0, atol=0)
    found = ours.add_norm(states.clone(), inner, weight, 32.0)
    torch.testing.assert_close(found, ours.add_norm(states.clone(), inner * 32, weight), rtol=0, atol=0)


def test_nothing_is_added_without_a_delta_and_the_norm_has_the_dtype_asked_for():
    ours, _ = both(torch.bfloat16)
    states = torch.randn(3, 48)
    before = states.clone()
    assert ours.add_norm(states, None, torch.ones(48), dtype=torch.float32).dtype == torch.float32
    assert ours.add_norm(states, None, torch.ones(48)).dtype == torch.bfloat16
    torch.testing.assert_close(states, before, rtol=0, atol=0)


def test_a_prefix_stands_before_each_sequences_keys():
    ours, _ = both(torch.float32)
    qkv, norms, angles = torch.randn(5, 8 * 16), torch.randn(6, 16), torch.randn(5, 8)
    shared = torch.randn(4, 2, 16), torch.randn(4, 2, 16)
    places, starts = torch.tensor([4, 5, 10, 11, 12]), torch.tensor([0, 6])
    plain = ours.split_heads(qkv, norms, angles.cos(), angles.sin())
    found = ours.split_heads(qkv, norms, angles.cos(), angles.sin(), PrefixPlaces(*shared, places, starts, 13))
    torch.testing.assert_close(found[0], plain[0])
    for own, one, together in zip(plain[1:], shared, found[1:], strict=True):
        torch.testing.assert_close(together, torch.cat((one, own[:2], one, own[2:])))
