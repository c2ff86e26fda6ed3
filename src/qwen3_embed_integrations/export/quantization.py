"""Symmetric block-wise weights of 8 or 4 bits, in the layout of ONNX Runtime's MatMulNBits.

Source of the layout: docs/ContribOperators.md of microsoft/onnxruntime, "com.microsoft.MatMulNBits".
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


@dataclass(frozen=True)
class QuantizedMatrix:
    """A matrix of `[out_features, in_features]` in blocks.

    Attributes:
        packed: `[out_features, n_blocks, BLOCK_SIZE * n_bits / 8]` uint8; two weights of 4 bits share a byte, the
            first one in its lower half.
        scales: `[out_features, n_blocks]` float32.
        n_bits: 8 or 4.
        in_features: Columns of the matrix; the last block is filled up with zeros.
    """

    packed: npt.NDArray[np.uint8]
    scales: FloatArray
    n_bits: int
    in_features: int


def quantize(matrix: FloatArray, n_bits: int) -> QuantizedMatrix:
    """Round each block to multiples of its scale.

    The largest number of a block, by its absolute value, becomes the most negative integer, which uses the whole range
    (as llama.cpp's Q4_0 does).

    Args:
        matrix: `[out_features, in_features]` float32.
        n_bits: 8 or 4.
    """
    out_features, in_features = matrix.shape
    padded = np.pad(matrix, ((0, 0), (0, -in_features % BLOCK_SIZE)))
    blocks = padded.reshape(out_features, -1, BLOCK_SIZE)
    zero = 1 << (n_bits - 1)
    at = np.abs(blocks).argmax(axis=2, keepdims=True)
    scales = np.take_along_axis(blocks, at, axis=2) / np.float32(-zero)
    safe = np.where(scales == 0, np.float32(1), scales)
    integers = np.clip(np.rint(blocks / safe) + zero, 0, 2 * zero - 1).astype(np.uint8)
    packed = integers if n_bits == 8 else integers[..., ::2] | (integers[..., 1::2] << 4)  # noqa: PLR2004 - a byte
    return QuantizedMatrix(packed, scales[..., 0].astype(np.float32), n_bits, in_features)
