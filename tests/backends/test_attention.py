import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from qwen3_embed_integrations.backends.attention import equal_length_runs, packed_attention


def test_neighbours_of_equal_length_make_one_run():
    assert equal_length_runs([3, 3, 5, 3]) == ((0, 2, 3), (6, 1, 5), (11, 1, 3))


@pytest.mark.parametrize("lengths", [[1], [4, 4, 4], [1, 2, 2, 7], [9, 1, 9]])
def test_packed_attention_equals_attention_of_each_sequence_alone(lengths):
    torch.manual_seed(0)
    heads, kv_heads, size = 4, 2, 8
    total = sum(lengths)
    query = torch.randn(1, heads, total, size)
    key, value = torch.randn(2, 1, kv_heads, total, size)
    out, _ = packed_attention(
        torch.nn.Identity(), query, key, value, None, scaling=0.3, runs=equal_length_runs(lengths)
    )
    start = 0
    for length in lengths:
        part = slice(start, start + length)
        k, v = (x[:, :, part].repeat_interleave(heads // kv_heads, dim=1) for x in (key, value))
        alone = scaled_dot_product_attention(query[:, :, part], k, v, is_causal=True, scale=0.3)
        torch.testing.assert_close(out[:, part], alone.transpose(1, 2))
        start += length
