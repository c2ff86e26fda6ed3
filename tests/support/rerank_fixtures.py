"""Rerankers over the strict servers, unloaded at the test's end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qwen3_embed_integrations import Qwen3Reranker
from rerank_server import RerankServer, scoring

MakeReranker = Callable[..., Qwen3Reranker]


@pytest.fixture
def rerank_server() -> Iterator[RerankServer]:
    with scoring("vllm") as server:
        yield server


@pytest.fixture
def over() -> Iterator[MakeReranker]:
    """Make rerankers over a server, of an unknown model unless `model` names one."""
    made: list[Qwen3Reranker] = []

    def make(server: RerankServer, **options: Any) -> Qwen3Reranker:
        standard: dict[str, Any] = {"model": "somebody/reranker", "base_url": server.url, "timeout_s": 10.0}
        made.append(Qwen3Reranker(backend="remote", **{**standard, "engine": server.engine, **options}))
        return made[-1]

    yield make
    for reranker in made:
        reranker.unload()
