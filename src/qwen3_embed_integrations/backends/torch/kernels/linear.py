"""Matrix products with fixed weights: torch's own, oneDNN's on weights packed once, oneDNN's in int8.

The oneDNN operators are private to torch (torch.compile's CPU backend uses them). `plan_selection` takes them only if
they exist, return the right numbers and are faster.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import linear

from .torch_ops import ScaledTensor, quantised

Linear = Callable[[ScaledTensor], ScaledTensor]
MakeLinear = Callable[[torch.Tensor], Linear]
Quantise = Callable[[torch.Tensor], ScaledTensor]

_ROW_MULTIPLES = ((16, 8), (128, 16), (1024, 32), (1 << 62, 128))  # (most rows, multiple)
_USUAL_ROWS = 512  # a hint to oneDNN: the layout for so many rows serves all others as well


def plain(weight: torch.Tensor) -> Linear:
    """Return the product with `weight`, `[out_features, in_features]`, computed by torch's own linear."""
    return lambda inputs: ScaledTensor(linear(inputs.values, weight))


def prepacked(weight: torch.Tensor) -> Linear:
    """Return the product with `weight`, packed once into oneDNN's own layout."""
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, _USUAL_ROWS)  # noqa: SLF001 - torch's own name

    def product(inputs: ScaledTensor) -> ScaledTensor:
        return ScaledTensor(torch.ops.mkldnn._linear_pointwise(inputs.values, packed, None, "none", [], ""))  # noqa: SLF001 - same

    return product


def int8(weight: torch.Tensor, quantise: Quantise = quantised) -> Linear:
    """Return the product of int8 rows with `weight` quantised to int8, one scale for each output, in bfloat16."""
    quantised_weight = quantise(weight)
    scales = quantised_weight.scales
    zeros = torch.zeros(len(weight), dtype=torch.int32)
    packed = torch.ops.onednn.qlinear_prepack(quantised_weight.values, [_USUAL_ROWS, weight.shape[1]])

    def product(inputs: ScaledTensor) -> ScaledTensor:
        out = torch.ops.onednn.qlinear_pointwise(
            inputs.values, 1.0, 0, packed, scales, zeros, None, 1.0, 0, torch.bfloat16, "none", [], ""
        )
        return ScaledTensor(out, inputs.scales)

    return product


def int8_plain(weight: torch.Tensor, quantise: Quantise = quantised) -> Linear:
    """Return the product of `int8` in torch's own operations, with exact sums in float64."""
    rounded = quantise(weight)
    values, scales = rounded.values.double(), rounded.scales
    if scales is None:
        raise TypeError("quantised rows have scales")
    return lambda inputs: ScaledTensor((inputs.values.double() @ values.T * scales).to(torch.bfloat16), inputs.scales)


def row_multiple(n_rows: int) -> int:
    """Return the multiple to which `n_rows` is rounded up.

    oneDNN creates a kernel for each new number of rows, which takes 10 to 30 ms.
    """
    return next(multiple for most, multiple in _ROW_MULTIPLES if n_rows <= most)
