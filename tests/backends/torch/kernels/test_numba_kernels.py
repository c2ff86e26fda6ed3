"""Each kernel on plain arrays against its formula in float64."""

import numpy as np
import pytest

pytest.importorskip("numba", reason='the extra "fast" is not installed')

from qwen3_embed_integrations.backends.torch.kernels import numba_kernels as kernels
from qwen3_embed_integrations.backends.torch.kernels.numba_kernels import FLOAT, INT8, UINT8

N, WIDTH = 5, 48
EPS = np.float32(1e-6)


@pytest.fixture
def values():
    return np.random.default_rng(0).standard_normal((N, 2 * WIDTH)).astype(np.float32)


def empty(width, dtype=np.float32):
    return np.empty((N, width), dtype), np.empty(N, np.float32)


def test_add_norm_adds_in_place_and_stores_the_norm(values):
    states, delta = values[:, :WIDTH].copy(), np.ascontiguousarray(values[:, WIDTH:])
    weight, scales = np.linspace(0.5, 1.5, WIDTH, dtype=np.float32), np.arange(1, N + 1, dtype=np.float32)
    total = states.astype(float) + delta.astype(float) * scales[:, None]
    out, outs = empty(WIDTH)
    kernels.add_norm(states, delta, FLOAT, scales, weight, EPS, out, FLOAT, outs)
    np.testing.assert_allclose(states, total, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        out, total / np.sqrt((total**2).mean(1, keepdims=True) + 1e-6) * weight, rtol=2e-6, atol=2e-6
    )
    np.testing.assert_array_equal(outs, np.ones(N))


def test_split_heads_norms_and_rotates_all_but_the_values(values):
    size, half = 16, 8
    qkv = values[:, :WIDTH].copy()  # two heads that are normed, one that is copied
    norms = np.linspace(0.5, 1.5, 2 * size, dtype=np.float32)
    angles = np.linspace(0, 6, N * half, dtype=np.float32).reshape(N, half)
    scales = np.full(N, 2, np.float32)
    out, _ = empty(WIDTH)
    kernels.split_heads(qkv, FLOAT, scales, norms, EPS, np.cos(angles), np.sin(angles), out, FLOAT)
    heads = 2.0 * qkv[:, : 2 * size].reshape(N, 2, size)
    normed = heads / np.sqrt((heads**2).mean(2, keepdims=True) + 1e-6) * norms.reshape(2, size)
    turned = (normed[..., :half] + 1j * normed[..., half:]) * np.exp(1j * angles.astype(float))[:, None]
    expected = np.concatenate([turned.real, turned.imag], axis=2).reshape(N, 2 * size)
    np.testing.assert_allclose(out[:, : 2 * size], expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_array_equal(out[:, 2 * size :], 2 * qkv[:, 2 * size :])


@pytest.mark.parametrize("width", [WIDTH, 512, 513, 1200])
def test_swiglu_is_gate_times_its_sigmoid_times_up_in_every_part(width):
    gate_up = (10 * np.random.default_rng(1).standard_normal((N, 2 * width))).astype(np.float32)
    gate_up[0, :4] = [0, 200, -200, 1e-9]
    out, outs = empty(width)
    kernels.swiglu(gate_up, FLOAT, np.ones(N, np.float32), out, FLOAT, outs)
    gate, up = gate_up[:, :width].astype(float), gate_up[:, width:].astype(float)
    np.testing.assert_allclose(out, gate / (1 + np.exp(-gate)) * up, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize(("dtype", "form", "zero"), [(np.int8, INT8, 0), (np.uint8, UINT8, 128)])
def test_a_quantised_line_is_within_half_a_step_and_zeros_stay_zero(values, dtype, form, zero):
    values[2] = 0
    out, scales = empty(2 * WIDTH, dtype)
    kernels.quantise(values, FLOAT, out, form, scales)
    stored = out.astype(np.float32) - zero
    assert (np.abs(stored * scales[:, None] - values) <= 0.501 * scales[:, None]).all()
    assert (np.abs(stored).max(1) == [127, 127, 0, 127, 127]).all()
