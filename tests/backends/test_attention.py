import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from qwen3_embed_integrations.backends.attention import causal_attention, equal_length_runs


def test_neighbours_of_equal_length_make_one_run():
    assert equal_length_runs([3, 3, 5, 3]) == ((0, 2, 3), (6, 1, 5), (11, 1, 3))


@pytest.mark.parametrize("lengths", [[1], [4, 4, 4], [1, 2, 2, 7], [9, 1, 9]])
def test_causal_attention_equals_attention_of_each_sequence_alone(lengths):
    torch.manual_seed(0)
    heads, kv_heads, size = 4, 2, 8
    total = sum(lengths)
    query = torch.randn(total, heads, size)
    key, value = torch.randn(2, total, kv_heads, size)
    out = causal_attention(query, key, value, 0.3, equal_length_runs(lengths))
    start = 0
    for length in lengths:
        part = slice(start, start + length)
        k, v = (x[part].repeat_interleave(heads // kv_heads, dim=1).transpose(0, 1) for x in (key, value))
        alone = scaled_dot_product_attention(query[part].transpose(0, 1), k, v, is_causal=True, scale=0.3)
        torch.testing.assert_close(out[part], alone.transpose(0, 1))
        start += length
