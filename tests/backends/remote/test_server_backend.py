"""What embeddings and scores of a server share: texts that may be too long, and calls that wait."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from qwen3_embed_integrations import OverloadedError
from qwen3_embed_integrations.backends.remote.server_backend import estimated_lengths
from rerank_fixtures import MakeReranker
from rerank_server import RerankServer


def test_an_estimate_counts_bytes_and_survives_a_lone_surrogate() -> None:
    assert estimated_lengths(["", "abcdef", "北京", "\ud800"]) == [2, 4, 4, 3]


def test_calls_beyond_the_limit_are_refused_and_the_others_served(
    over: MakeReranker, rerank_server: RerankServer
) -> None:
    ours = over(rerank_server, max_waiting_calls=1).load()
    gate = threading.Event()

    def wait(handler: Any, body: dict[str, Any]) -> Any:
        gate.wait()
        return handler.answer(body)

    rerank_server.faults.append(wait)
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(ours.score("the moon", ["the moon"])))
    thread.start()
    while len(rerank_server.requests) < 2:
        thread.join(0.01)
    with pytest.raises(OverloadedError):
        ours.score("the moon", ["a"])
    gate.set()
    thread.join()
    assert np.isfinite(found[0]).all()
