"""Every product against torch's own in float32, and what it keeps in memory."""

import gc

import pytest
import torch

from qwen3_embed_integrations.backends.torch.kernels import linear
from qwen3_embed_integrations.backends.torch.kernels.torch_ops import ScaledTensor, as_uint8, quantised
from qwen3_embed_integrations.backends.torch.matmul_selection import int8_output, int8_rows, why_not_prepacked


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("n_rows", [1, 7, 64])
@pytest.mark.parametrize("shape", [(24, 48), (1500, 640)])  # of one block, and of several
def test_stored_bfloat16_is_multiplied_as_its_float32_twin(n_rows, shape):
    weight, values = torch.randn(shape).bfloat16(), torch.randn(n_rows, shape[1])
    expected = linear.plain(weight.float())(ScaledTensor(values)).values
    torch.testing.assert_close(linear.upcast(weight)(ScaledTensor(values)).values, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("shape", [(24, 48), (700, 900)])
def test_stored_int8_is_multiplied_as_its_float32_twin(shape):
    weight, values = torch.randn(shape), torch.randn(5, shape[1])
    expected = values @ quantised(weight).float().T
    torch.testing.assert_close(linear.upcast_int8(weight)(ScaledTensor(values)).values, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("weight", [torch.randn(96, 256), torch.ones(96, 256), -torch.ones(96, 256)])
@pytest.mark.parametrize("values", [torch.randn(33, 256), torch.ones(33, 256), -torch.ones(33, 256)])
def test_int8_products_never_overflow(weight, values):
    # all numbers at the end of their range: sums of 16 bits, as AVX2 makes them, would be cut to half
    found = linear.int8(weight, int8_output())(int8_rows(values)).float()
    exact = values @ weight.T
    assert (found - exact).norm() < 0.03 * exact.norm()


def test_uint8_rows_are_multiplied_as_int8_rows():
    rows = quantised(torch.randn(9, 64))
    product = linear.int8(torch.randn(32, 64))
    torch.testing.assert_close(product(as_uint8(rows)).float(), product(rows).float())


def bytes_of_tensors():
    gc.collect()
    storages = {
        one.untyped_storage().data_ptr(): one.untyped_storage().nbytes()
        for one in gc.get_objects()
        if issubclass(type(one), torch.Tensor)  # isinstance would ask objects that warn
        and one.layout == torch.strided  # oneDNN's packed weights, of other tests, have no storage
    }
    return sum(storages.values())


@pytest.mark.parametrize(
    ("make", "dtype", "bytes_a_weight"),
    [
        (linear.upcast, torch.bfloat16, 2),
        (linear.upcast_int8, torch.bfloat16, 1),
        (linear.upcast_int8, torch.float32, 1),
    ],
)
def test_a_large_product_keeps_its_weight_in_the_stored_dtype_alone(make, dtype, bytes_a_weight):
    before = bytes_of_tensors()
    product = make(torch.randn(1024, 1024).to(dtype))
    product(ScaledTensor(torch.randn(3, 1024)))
    grown = bytes_of_tensors() - before
    assert 1024 * 1024 * bytes_a_weight <= grown < 1024 * 1024 * bytes_a_weight * 1.1


def test_prepacked_products_equal_plain_ones_or_say_why_they_do_not_run():
    for dtype in (torch.float32, torch.bfloat16):
        weight, values = torch.randn(64, 96).to(dtype), torch.randn(5, 96).to(dtype)
        if why_not_prepacked(dtype):
            with pytest.raises(RuntimeError):
                linear.prepacked(weight)
            continue
        expected = linear.plain(weight)(ScaledTensor(values)).values
        torch.testing.assert_close(linear.prepacked(weight)(ScaledTensor(values)).values, expected, rtol=2e-2, atol=0.1)


@pytest.mark.parametrize(("n_rows", "multiple"), [(1, 8), (16, 8), (17, 16), (128, 16), (1024, 32), (5000, 128)])
def test_the_number_of_rows_is_rounded_to_few_sizes(n_rows, multiple):
    assert linear.row_multiple(n_rows) == multiple
