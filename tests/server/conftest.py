"""One server for all tests that need no options of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from checkpoints import build_reranker
from qwen3_embed_integrations import EncoderConfig, Qwen3Encoder
from served import Served, serving


@pytest.fixture(scope="session")
def reranker_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_reranker(tmp_path_factory.mktemp("reranker") / "small")


@pytest.fixture(scope="session")
def served(reranker_folder: Path) -> Iterator[Served]:
    with serving(EncoderConfig(model="tiny"), rerank=str(reranker_folder)) as running:
        yield running


@pytest.fixture(scope="session")
def encoder() -> Qwen3Encoder:
    """The same model in this process."""
    return Qwen3Encoder(model="tiny").load()


@pytest.fixture
def make_short_server():
    """Serve tiny with a `max_length` of 16 tokens."""
    return lambda: serving(EncoderConfig(model="tiny", max_length=16))
