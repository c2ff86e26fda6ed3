"""The reference operations: rows in 8 bits, and the rotation of heads."""

import pytest
import torch

from qwen3_embed_integrations.backends.torch.kernels.torch_ops import (
    OpsConfig,
    ScaledTensor,
    TorchOps,
    as_uint8,
    quantised,
)


def ops(quantised_to=None):
    return TorchOps(OpsConfig(4, 1e-6, torch.float32, torch.float32, quantised_to))


@pytest.mark.parametrize("largest", [127, 63])
def test_quantised_rows_are_within_half_a_step(largest):
    values = torch.randn(7, 48, generator=torch.Generator().manual_seed(0)) * 10
    rows = quantised(values, largest)
    assert (rows.values.abs().amax(dim=1) == largest).all()
    assert ((rows.float() - values).abs() <= rows.scales[:, None] * 0.501).all()


def test_uint8_rows_stand_for_the_same_numbers():
    rows = quantised(torch.randn(3, 16))
    moved = as_uint8(rows)
    assert moved.values.dtype == torch.uint8
    torch.testing.assert_close(moved.float(), rows.float())


def test_a_row_of_zeros_stays_zero():
    for rows in (quantised(torch.zeros(2, 4)), as_uint8(quantised(torch.zeros(2, 4)))):
        assert (rows.float() == 0).all()


@pytest.mark.parametrize("dtype", [None, torch.int8, torch.uint8])
def test_rows_come_in_the_form_of_the_next_product(dtype):
    values = torch.randn(3, 8)
    rows = ops(dtype).ready(values)
    assert rows.values.dtype == (dtype or torch.float32)
    torch.testing.assert_close(rows.float(), values, atol=0.03, rtol=0)


def test_rows_without_scales_have_no_row_scales():
    with pytest.raises(TypeError, match="scales"):
        _ = ScaledTensor(torch.ones(1, 1)).row_scales


def test_a_quarter_turn_moves_the_first_half_of_a_head_to_the_second():
    qkv = ScaledTensor(torch.tensor([[1.0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 5, 6, 7, 8]]))
    cos, sin = torch.zeros(1, 2), torch.ones(1, 2)
    rotated, value = ops().split_heads(qkv, torch.ones(3, 4), cos, sin)
    torch.testing.assert_close(rotated[0, :2], torch.tensor([[0, 0, 2.0, 0], [0, 0, 0, 2.0]]))
    assert value.flatten().tolist() == [5, 6, 7, 8]
