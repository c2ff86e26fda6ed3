import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from qwen3_embed_integrations.backends.torch import attention
from qwen3_embed_integrations.backends.torch.attention import KeysValues, Layout, causal_attention, shared_attention
from qwen3_embed_integrations.backends.torch.block_attention import LONG, block_attention
from qwen3_embed_integrations.backends.torch.thread_team import ThreadTeam

HEADS, KEY_HEADS, SIZE = 4, 2, 64
SCALE = SIZE**-0.5


def heads_of(n_tokens, n_keys=None, spread=1.0):
    torch.manual_seed(0)
    n_keys = n_keys or n_tokens
    query = torch.randn(n_tokens, HEADS, SIZE) * spread
    return query, torch.randn(n_keys, KEY_HEADS, SIZE), torch.randn(n_keys, KEY_HEADS, SIZE)


def by_blocks(query, key, value):
    """Return block attention of `[tokens, heads, size]`."""
    return block_attention(*(x.transpose(0, 1) for x in (query, key, value)), SCALE).transpose(0, 1)


def exact(query, key, value):
    unseen = torch.full((len(query), len(key)), float("-inf")).triu(len(key) - len(query) + 1)
    q, k, v = (x.transpose(0, 1) for x in (query, key, value))
    return scaled_dot_product_attention(q, k, v, attn_mask=unseen, scale=SCALE, enable_gqa=True).transpose(0, 1)


def distance(found, wanted):
    return float((found.float() - wanted).norm() / wanted.norm())


@pytest.mark.parametrize("n_tokens", [1, 2, 255, 256, 257, 700])
@pytest.mark.parametrize("n_before", [0, 9])
def test_blocks_compute_causal_attention(n_tokens, n_before):
    query, key, value = heads_of(n_tokens, n_tokens + n_before)
    found = by_blocks(query, key, value)
    assert found.dtype == torch.bfloat16
    assert distance(found, exact(query, key, value)) < 0.006


@pytest.mark.parametrize("spread", [1, 3, 10])
def test_the_rounding_of_sharp_scores_stays_near_that_of_torch(spread):
    query, key, value = heads_of(600, spread=spread)
    wanted = exact(query, key, value)
    rounded = exact(query.bfloat16().float(), key.bfloat16().float(), value.bfloat16().float())
    assert distance(by_blocks(query, key, value), wanted) < 1.7 * distance(rounded, wanted) + 0.002


def test_no_later_token_is_seen():
    query, key, value = heads_of(600)
    before = by_blocks(query, key, value)[:300]
    key[300:], value[300:] = 50.0, float("inf")
    assert torch.equal(by_blocks(query[:300], key[:300], value[:300]), before)
    key[300:], value[300:] = 50.0, 1e30
    assert torch.equal(by_blocks(query, key, value)[:256], before[:256])


def test_long_sequences_alone_take_blocks(monkeypatch):
    lengths = [5, LONG, LONG, LONG - 1, LONG + 70]
    query, key, value = heads_of(sum(lengths) + 3)
    layout = Layout.of(lengths, torch.tensor([0, *lengths]).cumsum(0))
    shared = KeysValues(*torch.randn(2, 6, KEY_HEADS, SIZE))
    seen = []

    def counted(query, *rest):
        seen.append(query.shape[1])
        return block_attention(query, *rest)

    monkeypatch.setattr(attention, "block_attention", counted)
    for prefix in (None, shared):
        wanted = causal_attention(query, key, value, SCALE, layout, prefix)
        assert not seen
        found = causal_attention(query, key, value, SCALE, layout, prefix, in_bfloat16=True)
        assert seen == [LONG, LONG, LONG + 70]
        assert found.dtype == torch.float32
        assert torch.equal(found[:5], wanted[:5])
        assert not found[-3:].any()
        assert distance(found, wanted) < 0.006
        with ThreadTeam(2, of=torch.get_num_threads()) as thread_team:
            apart = shared_attention(query, key, value, layout, prefix, thread_team, scale=SCALE, in_bfloat16=True)
        assert torch.equal(apart[:-3], found[:-3])
        seen.clear()
