"""Attention on a GPU: each kernel against plain attention, and the choice by trial."""

import pytest
import torch

from fake_gpu import CPU, varlen_on_cpu
from qwen3_embed_integrations.backends.torch.attention import Layout, causal_attention
from qwen3_embed_integrations.backends.torch.gpu import attention as module
from qwen3_embed_integrations.backends.torch.gpu.attention import (
    KERNELS,
    VarlenLayout,
    choose_attention,
    efficient,
    flash,
    flash_repeated,
    padded,
)

HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}


def bounds_of(lengths, device=CPU):
    return torch.tensor([0, *lengths]).cumsum(0).to(device, torch.int32)


def inputs(lengths, width=8):
    torch.manual_seed(0)
    n = sum(lengths)
    return torch.randn(n, 4, width), torch.randn(n, 2, width), torch.randn(n, 2, width)


@pytest.mark.parametrize("lengths", [[1], [1, 1], [4, 4, 4], [1, 2, 2, 7], [9, 1, 9], [2, 0, 3, 0], list(range(1, 40))])
def test_padded_attention_equals_attention_by_length(lengths):
    query, key, value = inputs(lengths)
    own = [length for length in lengths if length]
    expected = causal_attention(query, key, value, 0.3, Layout.of(own, bounds_of(own)))
    torch.testing.assert_close(padded(query, key, value, 0.3, VarlenLayout.of(lengths, bounds_of(lengths))), expected)


def test_padded_attention_takes_few_calls_for_many_lengths(monkeypatch):
    calls, dense = [], module.scaled_dot_product_attention
    monkeypatch.setattr(module, "scaled_dot_product_attention", lambda *a, **k: calls.append(1) or dense(*a, **k))
    lengths = list(range(1, 101))
    padded(*inputs(lengths), 0.3, VarlenLayout.of(lengths, bounds_of(lengths)))
    assert len(calls) < 30  # one for each length before


def test_a_bound_of_one_token_is_raised_and_a_prefix_lengthens_the_keys():
    layout = VarlenLayout.of([1, 1], bounds_of([1, 1]))
    assert layout.max_seqlen_q == 2
    behind = layout.behind(5)
    assert behind.cu_seqlens_k.tolist() == [0, 6, 12]
    assert behind.cu_seqlens_q is layout.cu_seqlens_q
    assert (behind.max_seqlen_q, behind.max_seqlen_k) == (2, 7)


@pytest.mark.parametrize("kernel", [flash, flash_repeated, efficient])
def test_torchs_kernels_take_our_arguments(kernel):
    """torch's own checks of shapes and schema run on meta tensors, where no GPU is."""
    query, key = (x.to("meta", torch.bfloat16) for x in inputs([3, 5], 128)[:2])
    strided = torch.empty(8, 12, 128, dtype=torch.bfloat16, device="meta")[:, :2]  # values stay inside the product
    layout = VarlenLayout.of([3, 5], bounds_of([3, 5], "meta"))
    assert kernel(query, key, strided, 0.3, layout).shape == query.shape
    longer = torch.empty(18, 2, 128, dtype=torch.bfloat16, device="meta")
    assert kernel(query, longer, longer, 0.3, layout.behind(5)).shape == query.shape


def raising(*_):
    raise RuntimeError("FlashAttention only supports Ampere GPUs or newer.\nmore")


def wrong(query, *_):
    return torch.zeros_like(query)


def crippled(query, key, value, scale, layout):
    """A kernel that neither takes a prefix nor an empty sequence."""
    if len(key) != len(query) or (layout.cu_seqlens_q.diff() == 0).any():
        raise RuntimeError("not supported")
    return varlen_on_cpu(query, key, value, scale, layout)


def test_the_first_kernel_that_runs_and_agrees_is_taken(monkeypatch):
    monkeypatch.setattr(
        module, "KERNELS", {"flash": raising, "flash_repeated": wrong, "efficient": varlen_on_cpu, "padded": padded}
    )
    found = choose_attention(tuple(module.KERNELS), CPU, torch.bfloat16, **HEADS)
    assert found.name == "efficient"
    assert found.takes_prefix
    assert found.takes_empty
    assert "flash (FlashAttention only supports Ampere GPUs or newer.)" in found.reason
    assert "flash_repeated (it differs from float32" in found.reason


def test_what_a_kernel_cannot_do_is_tried_and_kept(monkeypatch):
    monkeypatch.setitem(module.KERNELS, "flash", crippled)
    found = choose_attention(["flash"], CPU, torch.float32, **HEADS)
    assert not found.takes_prefix
    assert not found.takes_empty


def test_on_a_device_without_packed_kernels_texts_are_padded():
    found = choose_attention(tuple(KERNELS), CPU, torch.float32, **HEADS)
    assert found.name == "padded"
    assert not found.takes_prefix
    assert not found.takes_empty


def test_no_kernel_at_all_is_an_error_that_names_each():
    with pytest.raises(RuntimeError, match=r"no attention kernel runs on meta .* padded \("):
        choose_attention(["padded"], torch.device("meta"), torch.float32, **HEADS)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("lengths", [[1], [4, 4, 4], [1, 2, 2, 700]])
def test_the_chosen_kernel_of_this_gpu_equals_the_plain_one(lengths, dtype):
    query, key, value = inputs(lengths, 64)
    gpu = torch.device("cuda", 0)
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64}
    found = choose_attention(("flash", "efficient", "padded"), gpu, dtype, **heads)
    assert found.name == ("efficient" if dtype == torch.float32 else found.name)
    layout = VarlenLayout.of(lengths, bounds_of(lengths, gpu))
    out = found.kernel(*(x.to(gpu, dtype) for x in (query, key, value)), 0.1, layout)
    expected = causal_attention(query, key, value, 0.1, Layout.of(lengths, bounds_of(lengths)))
    torch.testing.assert_close(out.float().cpu(), expected, atol=2e-2, rtol=2e-2)
