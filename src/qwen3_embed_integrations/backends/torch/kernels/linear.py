"""Matrix products with fixed weights: torch's own, oneDNN's on packed weights, int8, and low-memory storage.

The oneDNN operators are private to torch (torch.compile's CPU backend uses them). `matmul_selection` takes them only if
they exist, return the right numbers and are faster.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch.nn.functional import linear

from .torch_ops import ZERO_POINT, ScaledTensor, quantised

Linear = Callable[[ScaledTensor], ScaledTensor]
MakeLinear = Callable[[torch.Tensor], Linear]
Quantise = Callable[[torch.Tensor], ScaledTensor]

_ROW_MULTIPLES = ((16, 8), (128, 16), (1024, 32), (1 << 62, 128))  # (most rows, multiple)
_USUAL_ROWS = 512  # a hint to oneDNN: the layout for so many rows serves all others as well
_UPCAST_BLOCK = 1 << 19  # weights converted at a time: 2 MB of float32 stay in the cache until they are multiplied,
_SHARED_BLOCK = 1 << 22  # more where several threads share each block: they wait for each other at its end
_HALF_RANGE = 63  # largest int8 weight whose products can't saturate, see `saturates`


def plain(weight: torch.Tensor) -> Linear:
    """Return the product with `weight`, `[out_features, in_features]`, computed by torch's own linear."""
    return lambda inputs: ScaledTensor(linear(inputs.values, weight))


def prepacked(weight: torch.Tensor) -> Linear:
    """Return the product with `weight`, packed once into oneDNN's own layout."""
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, _USUAL_ROWS)  # noqa: SLF001 - torch's own name

    def product(inputs: ScaledTensor) -> ScaledTensor:
        return ScaledTensor(torch.ops.mkldnn._linear_pointwise(inputs.values, packed, None, "none", [], ""))  # noqa: SLF001 - same

    return product


def upcast(weight: torch.Tensor) -> Linear:
    """Return the float32 product with `weight`, stored in its own smaller dtype and converted block by block.

    A weight of a single block is converted once: it takes 2 MB at most, and would be converted for every query.
    """
    if weight.numel() <= _UPCAST_BLOCK:
        return plain(weight.float())

    def product(inputs: ScaledTensor) -> ScaledTensor:
        out = inputs.values.new_empty(len(inputs.values), len(weight))
        size = _UPCAST_BLOCK if torch.get_num_threads() == 1 else _SHARED_BLOCK
        at = 0
        for block in torch.split(weight, max(1, size // weight.shape[1])):
            torch.mm(inputs.values, block.float().t(), out=out[:, at : at + len(block)])
            at += len(block)
        return ScaledTensor(out)

    return product


def upcast_int8(weight: torch.Tensor, quantise: Quantise = quantised) -> Linear:
    """Return the float32 product with `weight`, stored in int8 with one scale for each output."""
    stored = quantise(weight)
    if weight.numel() <= _UPCAST_BLOCK:
        return plain(stored.float())
    product, scales = upcast(stored.values), stored.row_scales
    return lambda inputs: ScaledTensor(product(inputs).values.mul_(scales))


def int8(weight: torch.Tensor, output: torch.dtype = torch.float32, quantise: Quantise = quantised) -> Linear:
    """Return the product of rows in 8 bits with `weight` quantised to int8, one scale for each output.

    Args:
        weight: `[out_features, in_features]`.
        output: The dtype of the result. bfloat16 needs a CPU that has it: elsewhere oneDNN takes its reference code,
            a thousand times slower.
        quantise: Quantises the weight where its whole range can be used.

    Returns:
        A product of int8 rows, or of uint8 rows whose zero is `ZERO_POINT`.
    """
    stored = quantised(weight, _HALF_RANGE) if saturates() else quantise(weight)
    scales = stored.row_scales
    zeros = torch.zeros(len(weight), dtype=torch.int32)
    packed = torch.ops.onednn.qlinear_prepack(stored.values, [_USUAL_ROWS, weight.shape[1]])

    def product(inputs: ScaledTensor) -> ScaledTensor:
        zero = ZERO_POINT if inputs.values.dtype == torch.uint8 else 0
        out = torch.ops.onednn.qlinear_pointwise(
            inputs.values, 1.0, zero, packed, scales, zeros, None, 1.0, 0, output, "none", [], ""
        )
        return ScaledTensor(out, inputs.scales)

    return product


@cache
def saturates() -> bool:
    """Return whether sums of two 8-bit products are cut off at 16 bits on this CPU.

    Without VNNI oneDNN multiplies with vpmaddubsw, whose sums saturate at 32,767: 255 * 127 * 2 doesn't fit, and the
    result is wrong without an error. With weights of at most 63 it always fits (oneDNN's guide on int8 inference).
    """
    n = 64
    packed = torch.ops.onednn.qlinear_prepack(torch.full((n, n), 127, dtype=torch.int8), [n, n])
    ones, zeros = torch.ones(n), torch.zeros(n, dtype=torch.int32)
    out = torch.ops.onednn.qlinear_pointwise(
        torch.full((n, n), 255, dtype=torch.uint8),
        *(1.0, ZERO_POINT, packed, ones, zeros, None, 1.0, 0, torch.float32, "none", [], ""),
    )
    return bool((out != (255 - ZERO_POINT) * 127 * n).any())


def row_multiple(n_rows: int) -> int:
    """Return the multiple to which `n_rows` is rounded up.

    oneDNN creates a kernel for each new number of rows, which takes 10 to 30 ms.
    """
    return next(multiple for most, multiple in _ROW_MULTIPLES if n_rows <= most)
