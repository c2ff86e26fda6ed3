"""Sequences of similar length padded to one length: how a packed batch passes through a dense kernel."""

from __future__ import annotations

from collections.abc import Sequence

import torch

_MOST_WASTE = 1.1  # tokens of a bucket for each of its sequences' own


def similar_lengths(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Return the buckets of sequences sorted by length, as (first, end).

    A bucket ends before the sequence with which more than a tenth of its padded tokens would be padding, so there are
    few buckets however many lengths there are.
    """
    buckets: list[tuple[int, int]] = []
    first = total = 0
    for place, length in enumerate(lengths):
        total += length
        if place > first and (place + 1 - first) * length > total * _MOST_WASTE:
            buckets.append((first, place))
            first, total = place, length
    return [*buckets, (first, len(lengths))] if lengths else []


def pad_into_buckets(lengths: Sequence[int], device: torch.device) -> list[tuple[torch.Tensor, torch.Tensor, int, int]]:
    """Lay packed sequences into buckets padded at the end.

    Args:
        lengths: Tokens of each sequence, in their order in the packed batch; empty ones are left out.
        device: Where the indices are put.

    Returns:
        For each bucket: `[n * length]` int64, the packed token at each place, a pad's being the sequence's last one;
        the places that are no padding, `[tokens]` int64; n; and the padded length.
    """
    ends = torch.tensor(lengths, dtype=torch.int64).cumsum(0).tolist()
    order = sorted((place for place, length in enumerate(lengths) if length), key=lengths.__getitem__)
    found = []
    for first, end in similar_lengths([lengths[place] for place in order]):
        members = order[first:end]
        length = lengths[members[-1]]
        own = torch.tensor([lengths[place] for place in members])[:, None]
        starts = torch.tensor([ends[place] - lengths[place] for place in members])[:, None]
        places = torch.arange(length)[None]
        source = (starts + torch.minimum(places, own - 1)).flatten()
        kept = (places < own).flatten().nonzero()[:, 0]
        found.append((source.to(device), kept.to(device), len(members), length))
    return found
