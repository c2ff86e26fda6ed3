"""Rounding with a scale for each output, and in blocks."""

import numpy as np
import pytest

from qwen3_embed_integrations.export.quantization import BLOCK_SIZE, to_blocks, to_int8


def from_blocks(found, n_columns):
    integers = found.packed
    if found.n_bits == 4:
        integers = np.stack((integers & 15, integers >> 4), axis=-1).reshape(*integers.shape[:2], -1)
    numbers = (integers.astype(np.float32) - (1 << (found.n_bits - 1))) * found.scales[..., None]
    return numbers.reshape(len(numbers), -1)[:, :n_columns]


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_int8_weights_are_rounded_to_their_outputs_scale():
    matrix = normal(7, 96) * np.float32([[1], [1e-3], [1e3], [1], [0], [1], [1]])
    found = to_int8(matrix)
    assert found.integers.shape == (96, 7)
    assert found.integers.flags.c_contiguous
    assert abs(found.integers).max() == 127
    error = np.abs(found.integers.T * found.scales[:, None] - matrix)
    assert (error <= np.abs(matrix).max(axis=1, keepdims=True) / 127 * 0.501).all()
    assert not found.integers[:, 4].any()


@pytest.mark.parametrize(("n_bits", "steps"), [(8, 128), (4, 8)])
def test_weights_in_blocks_are_rounded_to_their_blocks_scale(n_bits, steps):
    matrix = normal(7, 96)
    found = to_blocks(matrix, n_bits)
    blocks = np.abs(matrix.reshape(7, -1, BLOCK_SIZE)).max(axis=2, keepdims=True)
    error = np.abs(from_blocks(found, 96) - matrix).reshape(7, -1, BLOCK_SIZE)
    assert (error <= blocks / steps * 1.001).all()
    assert found.packed.shape == (7, 3, BLOCK_SIZE * n_bits // 8)
    largest = np.abs(matrix).argmax()
    np.testing.assert_allclose(from_blocks(found, 96).flat[largest], matrix.flat[largest], rtol=1e-6)


def test_a_last_block_is_filled_up():
    matrix = normal(3, 40)
    found = to_blocks(matrix, 8)
    assert found.packed.shape == (3, 2, BLOCK_SIZE)
    np.testing.assert_allclose(from_blocks(found, 40), matrix, atol=0.03)


def test_a_block_of_zeros_stays_zero():
    assert not from_blocks(to_blocks(np.zeros((2, 32), dtype=np.float32), 4), 32).any()
