"""A request knows its body, the longest answer that it accepts, and what the answer holds."""

from __future__ import annotations

import json

import pytest

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.backends.remote.engines import target_of
from qwen3_embed_integrations.backends.remote.http_request import FREE_BYTES, EmbeddingsRequest
from qwen3_embed_integrations.backends.remote.protocol import BadAnswerError
from qwen3_embed_integrations.core.safe_text import safe_line

TARGET = target_of(EncoderConfig(backend="remote", base_url="http://x", model="m"))


def test_the_longest_answer_has_room_for_every_number() -> None:
    request = EmbeddingsRequest(TARGET, ["a", "b"], width=1024)
    longest = json.dumps({"data": [{"index": i, "embedding": [-1.2345678901234567e-300] * 1024} for i in range(2)]})
    assert FREE_BYTES < request.max_bytes < 2 * FREE_BYTES
    assert len(longest) < request.max_bytes
    assert EmbeddingsRequest(TARGET, ["a", "b"]).max_bytes > request.max_bytes


def test_the_body_is_that_of_the_engine() -> None:
    body = EmbeddingsRequest(TARGET, ["a"], dimension=64).body()
    assert body == {"model": "m", "input": ["a"], "encoding_format": "float", "dimensions": 64}


def test_an_answer_of_another_width_is_refused() -> None:
    content = json.dumps({"data": [{"index": 0, "embedding": [0.6, 0.8]}]}).encode()
    assert EmbeddingsRequest(TARGET, ["a"], width=2).read(content, safe_line).shape == (1, 2)
    with pytest.raises(BadAnswerError, match="has 2 numbers, expected 3"):
        EmbeddingsRequest(TARGET, ["a"], width=3).read(content, safe_line)
