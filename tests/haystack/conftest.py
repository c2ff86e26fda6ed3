"""Fixtures of the Haystack tests."""

from pathlib import Path

import pytest

from qwen3_embed_integrations import Qwen3Encoder


@pytest.fixture
def encoder(checkpoint: Path) -> Qwen3Encoder:
    return Qwen3Encoder(model=str(checkpoint))
