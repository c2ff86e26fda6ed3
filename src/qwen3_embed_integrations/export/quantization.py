"""Symmetric weights of 8 bits with a scale for each output, and of 8 or 4 bits in blocks.

Source of the layouts: docs/ContribOperators.md of microsoft/onnxruntime, "com.microsoft.MatMulIntegerToFloat" and
"com.microsoft.MatMulNBits".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qwen3_embed_integrations.core.types import FloatArray

BLOCK_SIZE = 32
"""Neighbouring weights of one output that share a scale."""
ACCURACY_LEVEL = 4
"""Of MatMulNBits: activations are quantised to int8, block by block, and multiplied as integers."""
LARGEST = 127
"""Largest int8 that is used, both ways from zero."""
LEAST = 1e-30
"""Least absolute value that a scale is made for: zeros must not be divided by zero."""


@dataclass(frozen=True)
class Int8Matrix:
    """A matrix of `[out_features, in_features]`, transposed.

    Attributes:
        integers: `[in_features, out_features]` int8.
        scales: `[out_features]` float32.
    """

    integers: npt.NDArray[np.int8]
    scales: FloatArray


@dataclass(frozen=True)
class BlockMatrix:
    """A matrix of `[out_features, in_features]` in blocks.

    Attributes:
        packed: `[out_features, n_blocks, BLOCK_SIZE * n_bits / 8]` uint8; two weights of 4 bits share a byte, the
            first one in its lower half.
        scales: `[out_features, n_blocks]` float32.
        n_bits: 8 or 4.
    """

    packed: npt.NDArray[np.uint8]
    scales: FloatArray
    n_bits: int


def to_int8(matrix: FloatArray) -> Int8Matrix:
    """Round the weights of each output to multiples of its scale.

    Args:
        matrix: `[out_features, in_features]` float32.
    """
    scales = np.maximum(np.abs(matrix).max(axis=1), np.float32(LEAST)) / np.float32(LARGEST)
    integers = np.rint(matrix / scales[:, None]).astype(np.int8)
    return Int8Matrix(np.ascontiguousarray(integers.T), scales)


def to_blocks(matrix: FloatArray, n_bits: int) -> BlockMatrix:
    """Round each block to multiples of its scale.

    The largest number of a block, by its absolute value, becomes the most negative integer, which uses the whole range
    (as llama.cpp's Q4_0 does).

    Args:
        matrix: `[out_features, in_features]` float32; the last block is filled up with zeros.
        n_bits: 8 or 4.
    """
    padded = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % BLOCK_SIZE)))
    blocks = padded.reshape(len(matrix), -1, BLOCK_SIZE)
    at = np.abs(blocks).argmax(axis=2, keepdims=True)
    zero = 1 << (n_bits - 1)
    scales = np.take_along_axis(blocks, at, axis=2) / np.float32(-zero)
    safe = np.where(scales == 0, np.float32(1), scales)
    integers = np.clip(np.rint(blocks / safe) + zero, 0, 2 * zero - 1).astype(np.uint8)
    packed = integers if n_bits == 8 else integers[..., ::2] | (integers[..., 1::2] << 4)  # noqa: PLR2004 - a byte
    return BlockMatrix(packed, scales[..., 0].astype(np.float32), n_bits)
