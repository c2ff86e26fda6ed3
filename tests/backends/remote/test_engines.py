"""Each engine gets its own path, model names and options."""

import pytest

from qwen3_embed_integrations import ConfigError, EncoderConfig, Qwen3Encoder
from qwen3_embed_integrations.backends.remote.engines import PROFILES, request_url, target_of
from qwen3_embed_integrations.backends.remote.protocol import request_body

TEXTS = [f"text {i}" for i in range(12)]


@pytest.mark.parametrize(
    ("engine", "options", "name"),
    [
        ("ollama", {"model": "0.6B"}, "qwen3-embedding:0.6b"),
        ("vercel", {"model": "4B"}, "alibaba/qwen3-embedding-4b"),
        ("vllm", {"model": "8B"}, "Qwen/Qwen3-Embedding-8B"),
        ("vllm", {"model": "8B", "served_model": "mine"}, "mine"),
    ],
)
def test_the_model_has_the_engines_name_on_the_wire(server, engine, options, name):
    encoder = Qwen3Encoder(backend="remote", base_url=server.url, engine=engine, **options)
    with pytest.raises(ValueError, match="64 numbers"):
        encoder.encode_document(["a"])
    assert server.requests[0][1]["model"] == name
    encoder.unload()


@pytest.mark.parametrize(
    "options",
    [{"engine": "llama.cpp", "server_dimensions": True}, {"engine": "tei", "send_token_ids": True}],
)
def test_what_an_engine_can_not_do_is_refused(remote, options):
    with pytest.raises(ConfigError, match="does not support"):
        remote(**options).load()


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("http://h:1", "/v1/embeddings", "http://h:1/v1/embeddings"),
        ("http://h:1/v1", "/v1/embeddings", "http://h:1/v1/embeddings"),
        ("http://h:1/v1/embeddings", "/v1/embeddings", "http://h:1/v1/embeddings"),
        ("https://h/compatible-mode/v1", "/v1/embeddings", "https://h/compatible-mode/v1/embeddings"),
        ("http://h:1/v1", "/embed", "http://h:1/embed"),
        ("http://h:1", "/api/embed", "http://h:1/api/embed"),
    ],
)
def test_a_base_url_may_end_before_or_after_its_path(base, path, url):
    assert request_url(base, path) == url


def test_every_engine_has_a_profile_and_a_body():
    from typing import get_args

    from qwen3_embed_integrations.core.options import Engine

    assert set(PROFILES) == set(get_args(Engine))
    for engine in PROFILES:
        config = EncoderConfig(backend="remote", base_url="http://x", model="m/x", engine=engine)
        body = request_body(target_of(config), ["a"], dimension=32)
        assert body.get("input", body.get("inputs")) == ["a"]
        assert body["dimensions"] == 32
