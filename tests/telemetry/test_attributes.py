"""Attributes that spans and metrics share."""

import pytest

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.telemetry.attributes import call_attributes, server_attributes


@pytest.mark.parametrize(
    ("url", "address", "port"),
    [
        ("http://127.0.0.1:8080/v1", "127.0.0.1", 8080),
        ("https://host.example/v1", "host.example", 443),
        ("http://host.example", "host.example", 80),
        ("http://[::1]:1/v1", "::1", 1),
    ],
)
def test_a_server_is_named_by_address_and_port(url, address, port):
    assert server_attributes(url) == {"server.address": address, "server.port": port}


@pytest.mark.parametrize("url", ["http://host:99999/v1", "nothing", "unix:/run/socket"])
def test_an_address_without_host_or_port_has_no_attributes(url):
    assert server_attributes(url) == {}


def test_a_server_is_its_engine_and_a_local_model_is_ours():
    local = EncoderConfig(model="tiny")
    remote = EncoderConfig(model="tiny", backend="remote", base_url="http://127.0.0.1:1/v1", engine="vllm")
    assert call_attributes("embeddings", local)["gen_ai.provider.name"] == "qwen3_embed_integrations"
    assert call_attributes("embeddings", remote)["gen_ai.provider.name"] == "vllm"
