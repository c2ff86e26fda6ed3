"""Block-wise rounding."""

import numpy as np
import pytest

from qwen3_embed_integrations.export.quantization import BLOCK_SIZE, quantize


def dequantize(found):
    integers = found.packed
    if found.n_bits == 4:
        integers = np.stack((integers & 15, integers >> 4), axis=-1).reshape(*integers.shape[:2], -1)
    numbers = (integers.astype(np.float32) - (1 << (found.n_bits - 1))) * found.scales[..., None]
    return numbers.reshape(len(numbers), -1)[:, : found.in_features]


@pytest.mark.parametrize(("n_bits", "steps"), [(8, 128), (4, 8)])
def test_each_weight_is_rounded_to_its_blocks_scale(n_bits, steps):
    matrix = np.random.default_rng(0).normal(size=(7, 96)).astype(np.float32)
    found = quantize(matrix, n_bits)
    blocks = np.abs(matrix.reshape(7, -1, BLOCK_SIZE)).max(axis=2, keepdims=True)
    error = np.abs(dequantize(found) - matrix).reshape(7, -1, BLOCK_SIZE)
    assert (error <= blocks / steps * 1.001).all()
    assert found.packed.shape == (7, 3, BLOCK_SIZE * n_bits // 8)
    largest = np.abs(matrix).argmax()
    np.testing.assert_allclose(dequantize(found).flat[largest], matrix.flat[largest], rtol=1e-6)


def test_a_last_block_is_filled_up():
    matrix = np.random.default_rng(1).normal(size=(3, 40)).astype(np.float32)
    found = quantize(matrix, 8)
    assert found.packed.shape == (3, 2, BLOCK_SIZE)
    np.testing.assert_allclose(dequantize(found), matrix, atol=0.03)


def test_a_block_of_zeros_stays_zero():
    assert not dequantize(quantize(np.zeros((2, 32), dtype=np.float32), 4)).any()
