"""Rounding to 8 bits for each output and to 4 bits in blocks."""

import numpy as np

from qwen3_embed_integrations.export.quantization import BLOCK_SIZE, to_int4, to_int8


def from_int4(found, n_columns):
    integers = np.stack((found.packed & 15, found.packed >> 4), axis=-1).reshape(*found.packed.shape[:2], -1)
    numbers = (integers.astype(np.float32) - 8) * found.scales[..., None]
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


def test_int4_weights_are_rounded_to_their_blocks_scale():
    matrix = normal(7, 96)
    found = to_int4(matrix)
    blocks = np.abs(matrix.reshape(7, -1, BLOCK_SIZE)).max(axis=2, keepdims=True)
    error = np.abs(from_int4(found, 96) - matrix).reshape(7, -1, BLOCK_SIZE)
    assert (error <= blocks / 8 * 1.001).all()
    assert found.packed.shape == (7, 3, BLOCK_SIZE // 2)
    largest = np.abs(matrix).argmax()
    np.testing.assert_allclose(from_int4(found, 96).flat[largest], matrix.flat[largest], rtol=1e-6)


def test_a_last_block_is_filled_up():
    matrix = normal(3, 40)
    found = to_int4(matrix)
    assert found.packed.shape == (3, 2, BLOCK_SIZE // 2)
    np.testing.assert_allclose(from_int4(found, 40), matrix, atol=0.2)


def test_a_block_of_zeros_stays_zero():
    assert not from_int4(to_int4(np.zeros((2, 32), dtype=np.float32)), 32).any()
