"""A running server over the small checkpoint, and encoders that use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qwen3_embed_integrations import Qwen3Encoder
from remote_server import Server, serving

MakeRemote = Callable[..., Qwen3Encoder]


@pytest.fixture
def server(checkpoint: Path) -> Iterator[Server]:
    with serving(checkpoint) as running:
        yield running


@pytest.fixture
def local(checkpoint: Path) -> Qwen3Encoder:
    return Qwen3Encoder(model=str(checkpoint))


@pytest.fixture
def remote(server: Server) -> Iterator[MakeRemote]:
    """Make encoders over the server; of an unknown model, so without a tokenizer, unless `model` names one."""
    made: list[Qwen3Encoder] = []

    def make(**options: Any) -> Qwen3Encoder:
        standard: dict[str, Any] = {"model": "somebody/model", "base_url": server.url, "timeout_s": 60.0}
        made.append(Qwen3Encoder(backend="remote", **{**standard, **options}))
        return made[-1]

    yield make
    for encoder in made:
        encoder.unload()
