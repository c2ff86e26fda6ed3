import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from qwen3_embed_integrations.backends.torch.attention import KeysValues, Layout, causal_attention, last_token_attention


def layout_of(lengths, device="cpu"):
    return Layout.of(lengths, torch.tensor([0, *lengths]).cumsum(0).to(device))


def test_neighbours_of_equal_length_make_one_run():
    layout = layout_of([3, 3, 5, 3])
    assert layout.runs == ((0, 2, 3), (6, 1, 5), (11, 1, 3))
    assert layout.cu_seqlens.tolist() == [0, 3, 6, 11, 14]
    assert layout.max_seqlen == 5


@pytest.mark.parametrize("lengths", [[1], [4, 4, 4], [1, 2, 2, 7], [9, 1, 9]])
def test_causal_attention_equals_attention_of_each_sequence_alone(lengths):
    torch.manual_seed(0)
    heads, kv_heads, size = 4, 2, 8
    total = sum(lengths)
    query = torch.randn(total, heads, size)
    key, value = torch.randn(2, total, kv_heads, size)
    out = causal_attention(query, key, value, 0.3, layout_of(lengths))
    start = 0
    for length in lengths:
        part = slice(start, start + length)
        k, v = (x[part].repeat_interleave(heads // kv_heads, dim=1).transpose(0, 1) for x in (key, value))
        alone = scaled_dot_product_attention(query[part].transpose(0, 1), k, v, is_causal=True, scale=0.3)
        torch.testing.assert_close(out[part], alone.transpose(0, 1))
        start += length


def test_tokens_behind_the_last_sequence_get_zeros_and_change_nothing():
    torch.manual_seed(0)
    query, key, value = torch.randn(12, 4, 8), torch.randn(12, 2, 8), torch.randn(12, 2, 8)
    padded = causal_attention(query, key, value, 0.3, layout_of([2, 3, 3]))
    torch.testing.assert_close(padded[:8], causal_attention(query[:8], key[:8], value[:8], 0.3, layout_of([2, 3, 3])))
    assert (padded[8:] == 0).all()


@pytest.mark.parametrize("lengths", [[1], [4, 4, 4], [1, 2, 2, 7]])
def test_a_prefix_acts_as_if_it_stood_before_each_sequence(lengths):
    torch.manual_seed(0)
    n_prefix, total = 5, sum(lengths)
    query, key, value = torch.randn(total, 4, 8), torch.randn(total, 2, 8), torch.randn(total, 2, 8)
    shared = KeysValues(*torch.randn(2, n_prefix, 2, 8))
    out = causal_attention(query, key, value, 0.3, layout_of(lengths), shared)
    start = 0
    for length in lengths:
        part = slice(start, start + length)
        whole = (
            torch.cat((torch.zeros(n_prefix, 4, 8), query[part])),
            torch.cat((shared.key, key[part])),
            torch.cat((shared.value, value[part])),
        )
        alone = causal_attention(*whole, 0.3, layout_of([n_prefix + length]))
        torch.testing.assert_close(out[part], alone[n_prefix:])
        start += length


@pytest.mark.parametrize("n_prefix", [0, 3])
def test_the_last_tokens_alone_attend_as_they_do_among_all(n_prefix):
    torch.manual_seed(0)
    lengths = [1, 2, 2, 5, 40]
    cu_seqlens = torch.tensor([0, *lengths]).cumsum(0)
    query, key, value = torch.randn(50, 4, 8), torch.randn(50, 2, 8), torch.randn(50, 2, 8)
    prefix = KeysValues(torch.randn(n_prefix, 2, 8), torch.randn(n_prefix, 2, 8)) if n_prefix else None
    layout, ends = Layout.of(lengths, cu_seqlens), cu_seqlens[1:] - 1
    expected = causal_attention(query, key, value, 0.3, layout, prefix)[ends]
    padded = torch.cat((query[ends], query[:2]))
    found = last_token_attention(padded, key, value, 0.3, layout, prefix)
    torch.testing.assert_close(found[:-2], expected, atol=1e-6, rtol=1e-6)
    assert not found[-2:].any()
