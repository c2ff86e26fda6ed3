"""Triton kernels of the steps between a GPU's matrix products: one pass over memory each, float32 in registers.

Index arithmetic is in int64: 33,000 tokens times 2 * intermediate_size of the 8B model fit into int32, a few times that
do not.
"""

from __future__ import annotations

import triton
from triton import language as tl


@triton.jit
def add_norm_kernel(states, delta, weight, out, factor, eps, width, HAS_DELTA: tl.constexpr, BLOCK: tl.constexpr):  # noqa: ANN001, ANN201, N803, PLR0913, PLR0917 - pointers; constexpr names are capitals in Triton
    """Add a row of `delta * factor` to the residual stream and write the row's RMS norm; one program a row."""
    columns = tl.arange(0, BLOCK)
    inside = columns < width
    at = tl.program_id(0).to(tl.int64) * width + columns
    row = tl.load(states + at, mask=inside, other=0.0)
    if HAS_DELTA:
        row += tl.load(delta + at, mask=inside, other=0.0).to(tl.float32) * factor
        tl.store(states + at, row, mask=inside)
    scale = tl.rsqrt(tl.sum(row * row, axis=0) / width + eps)
    normed = row * scale * tl.load(weight + columns, mask=inside, other=0.0)
    tl.store(out + at, normed.to(out.dtype.element_ty), mask=inside)


@triton.jit
def heads_kernel(  # noqa: ANN201, PLR0913, PLR0917 - one kernel's pointers
    qkv,  # noqa: ANN001 - pointers
    norms,  # noqa: ANN001
    cos,  # noqa: ANN001
    sin,  # noqa: ANN001
    query,  # noqa: ANN001
    key,  # noqa: ANN001
    value,  # noqa: ANN001
    rows,  # noqa: ANN001
    eps,  # noqa: ANN001
    n_heads,  # noqa: ANN001
    n_queries,  # noqa: ANN001
    n_keys,  # noqa: ANN001
    HAS_PREFIX: tl.constexpr,  # noqa: N803
    HALF: tl.constexpr,  # noqa: N803
):
    """Norm and rotate one head of one token; one program a token and head.

    With a prefix, keys and values are written to `rows`, behind the prefix of their sequence; without one, values stay
    where the product wrote them and no program is started for them.
    """
    token = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    at = tl.arange(0, HALF)
    source = qkv + (token * n_heads + head) * 2 * HALF
    first = tl.load(source + at).to(tl.float32)
    second = tl.load(source + HALF + at).to(tl.float32)
    row = token
    if HAS_PREFIX:
        row = tl.load(rows + token)
    if head < n_queries + n_keys:
        scale = tl.rsqrt((tl.sum(first * first, axis=0) + tl.sum(second * second, axis=0)) / (2 * HALF) + eps)
        first *= scale * tl.load(norms + head * 2 * HALF + at)
        second *= scale * tl.load(norms + head * 2 * HALF + HALF + at)
        c = tl.load(cos + token * HALF + at)
        s = tl.load(sin + token * HALF + at)
        low = first * c - second * s
        high = second * c + first * s
        if head < n_queries:
            target = query + (token * n_queries + head) * 2 * HALF
        else:
            target = key + (row * n_keys + head - n_queries) * 2 * HALF
        tl.store(target + at, low.to(query.dtype.element_ty))
        tl.store(target + HALF + at, high.to(query.dtype.element_ty))
    else:
        target = value + (row * n_keys + head - n_queries - n_keys) * 2 * HALF
        tl.store(target + at, first.to(query.dtype.element_ty))
        tl.store(target + HALF + at, second.to(query.dtype.element_ty))


@triton.jit
def prefix_kernel(shared_key, shared_value, key, value, starts, width, BLOCK: tl.constexpr):  # noqa: ANN001, ANN201, N803, PLR0913, PLR0917 - pointers
    """Copy one token of the prefix in front of one sequence; one program a sequence and token of the prefix."""
    token = tl.program_id(1).to(tl.int64)
    row = tl.load(starts + tl.program_id(0)) + token
    columns = tl.arange(0, BLOCK)
    inside = columns < width
    tl.store(key + row * width + columns, tl.load(shared_key + token * width + columns, mask=inside), mask=inside)
    tl.store(value + row * width + columns, tl.load(shared_value + token * width + columns, mask=inside), mask=inside)


@triton.jit
def swiglu_kernel(gate_up, out, factor, width, BLOCK: tl.constexpr):  # noqa: ANN001, ANN201, N803 - pointers
    """Write `silu(gate) * up * factor` of a part of one row; one program a row and part."""
    row = tl.program_id(0).to(tl.int64)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = columns < width
    gate = tl.load(gate_up + row * 2 * width + columns, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(gate_up + row * 2 * width + width + columns, mask=inside, other=0.0).to(tl.float32)
    value = gate * tl.sigmoid(gate) * up * factor
    tl.store(out + row * width + columns, value.to(out.dtype.element_ty), mask=inside)
