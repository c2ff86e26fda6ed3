"""A hit can't be changed, and brings its own empty metadata."""

from __future__ import annotations

import dataclasses

import pytest

from qwen3_embed_integrations.core.store_hits import StoreHit


def test_a_hit_is_frozen_and_shares_no_metadata() -> None:
    first, second = StoreHit("a", 0.5), StoreHit("a", 0.5)
    assert first == second
    assert first.metadata is not second.metadata
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.score = 1.0  # type: ignore[misc]
