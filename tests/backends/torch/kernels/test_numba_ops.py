"""The steps compiled by numba against the same steps in torch."""

import pytest
import torch

from qwen3_embed_integrations.backends.torch.kernels.torch_ops import OpsConfig, ScaledTensor, TorchOps, quantised

pytest.importorskip("numba", reason='the extra "fast" is not installed')

from qwen3_embed_integrations.backends.torch.kernels.numba_ops import NumbaOps

N, HEADS, KV_HEADS, SIZE, WIDTH = 7, 4, 2, 16, 48


def shape(dtype, quantised_to=None):
    return OpsConfig(SIZE, 1e-6, dtype, dtype, quantised_to)


FORMS = [
    (torch.float32, None),
    (torch.bfloat16, None),
    (torch.bfloat16, torch.int8),
    (torch.float32, torch.int8),
    (torch.float32, torch.uint8),
]
both = pytest.mark.parametrize(("dtype", "int8"), FORMS, ids=str)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def pair(dtype, *, int8):
    return NumbaOps(shape(dtype, int8)), TorchOps(shape(dtype, int8))


def near(ours, theirs, dtype, *, int8):
    """Equal up to the last place of how the rows are stored."""
    if int8:
        assert ours.values.dtype == theirs.values.dtype == int8
        assert (ours.values.int() - theirs.values.int()).abs().max() <= 1
        torch.testing.assert_close(ours.scales, theirs.scales, rtol=1e-2, atol=0)
        return
    tolerance = 1e-6 if dtype == torch.float32 else 2e-2
    torch.testing.assert_close(ours.values, theirs.values, rtol=tolerance, atol=tolerance)


def product(dtype, width, *, int8):
    """What a matrix product gives to the next step."""
    return ScaledTensor(torch.randn(N, width).to(dtype), torch.rand(N) + 0.5 if int8 else None)


@both
def test_adding_and_norming(dtype, int8):
    ours, theirs = pair(dtype, int8=int8)
    states, weight, delta = torch.randn(N, WIDTH), torch.rand(WIDTH) + 0.5, product(dtype, WIDTH, int8=int8)
    other = states.clone()
    near(ours.add_norm(states, delta, weight), theirs.add_norm(other, delta, weight), dtype, int8=int8)
    torch.testing.assert_close(states, other)
    near(ours.add_norm(states, None, weight), theirs.add_norm(other, None, weight), dtype, int8=int8)
    torch.testing.assert_close(states, other)


@both
def test_splitting_into_heads(dtype, int8):
    ours, theirs = pair(dtype, int8=int8)
    qkv = product(dtype, (HEADS + 2 * KV_HEADS) * SIZE, int8=int8)
    norms, angles = torch.rand(HEADS + KV_HEADS, SIZE) + 0.5, torch.rand(N, SIZE // 2) * 9
    arguments = (qkv, norms, angles.cos(), angles.sin())
    tolerance = 1e-6 if dtype == torch.float32 else 2e-2
    for own, other in zip(ours.split_heads(*arguments), theirs.split_heads(*arguments), strict=True):
        assert own.dtype == dtype
        torch.testing.assert_close(own, other, rtol=tolerance, atol=tolerance)


@both
def test_silu_times_up(dtype, int8):
    ours, theirs = pair(dtype, int8=int8)
    gate_up = product(dtype, 2 * WIDTH, int8=int8)
    gate_up.values[0, :8] = torch.tensor([0.0, -0.0, 90, -90, 400, -400, 1e-9, -1e-3])
    near(ours.swiglu(gate_up), theirs.swiglu(gate_up), dtype, int8=int8)


def test_a_row_that_is_not_finite_stays_so_and_spoils_no_other():
    ours = NumbaOps(shape(torch.bfloat16))
    states = torch.randn(3, WIDTH)
    states[1, 5], states[2, 5] = float("nan"), float("inf")
    normed = ours.add_norm(states, None, torch.ones(WIDTH)).values
    assert normed[0].isfinite().all()
    assert normed[1].isnan().any()
    assert not normed[2].isfinite().all()


def test_bfloat16_is_rounded_to_nearest_even_as_torch_does():
    values = torch.randn(64, 512) * torch.logspace(-30, 30, 64)[:, None]
    states = values.clone()
    ours = NumbaOps(shape(torch.bfloat16)).swiglu(
        ScaledTensor(torch.cat((torch.full_like(values, 200.0), states), dim=1))
    )
    torch.testing.assert_close(ours.values, (values * 200).to(torch.bfloat16), rtol=0, atol=0)


def test_quantised_rows_are_within_half_a_step():
    values = torch.randn(N, WIDTH) * 10
    rows = quantised(values)
    assert (rows.values.abs().amax(dim=1) == 127).all()
    assert ((rows.float() - values).abs() <= rows.scales[:, None] * 0.501).all()
    ours = NumbaOps(shape(torch.bfloat16, torch.int8)).ready(values.bfloat16())
    near(ours, quantised(values.bfloat16()), torch.bfloat16, int8=torch.int8)


def test_heads_can_stay_in_float32_beside_products_in_bfloat16():
    config = OpsConfig(SIZE, 1e-6, torch.bfloat16, torch.float32)
    qkv = product(torch.bfloat16, (HEADS + 2 * KV_HEADS) * SIZE, int8=False)
    norms, angles = torch.rand(HEADS + KV_HEADS, SIZE) + 0.5, torch.rand(N, SIZE // 2) * 9
    arguments = (qkv, norms, angles.cos(), angles.sin())
    expected = TorchOps(config).split_heads(*arguments)
    for own, other in zip(NumbaOps(config).split_heads(*arguments), expected, strict=True):
        assert own.dtype == other.dtype == torch.float32
        torch.testing.assert_close(own, other, rtol=1e-5, atol=1e-5)
