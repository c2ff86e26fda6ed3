"""Sequences padded to similar lengths."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from fake_gpu import CPU
from qwen3_embed_integrations.backends.torch.gpu.padding import pad_into_buckets, similar_lengths

LENGTHS = st.lists(st.integers(0, 60), min_size=1, max_size=40)


@given(LENGTHS)
def test_every_token_has_one_place_and_a_pad_repeats_its_sequences_last_token(lengths):
    seen = []
    starts = torch.tensor([0, *lengths]).cumsum(0).tolist()
    owner = [place for place, length in enumerate(lengths) for _ in range(length)]
    for source, kept, n, length in pad_into_buckets(lengths, CPU):
        assert len(source) == n * length
        seen += source[kept].tolist()
        for padded in source.view(n, length).tolist():
            (place,) = {owner[token] for token in padded}
            assert padded[: lengths[place]] == list(range(starts[place], starts[place + 1]))
    assert sorted(seen) == list(range(sum(lengths)))


@given(LENGTHS)
def test_little_of_a_bucket_is_padding(lengths):
    ordered = sorted(length for length in lengths if length)
    buckets = similar_lengths(ordered)
    assert [place for first, end in buckets for place in range(first, end)] == list(range(len(ordered)))
    for first, end in buckets:
        assert (end - first) * ordered[end - 1] <= 1.1 * sum(ordered[first:end]) or end - first == 1
