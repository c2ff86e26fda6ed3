"""Names of spans, attributes and metrics.

Those that begin with `gen_ai` are OpenTelemetry's semantic conventions for generative AI, page "Client embeddings" (in
development, of 2026); `server`, `http`, `url` and `error` are its general ones; `qwen3_embed` is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from qwen3_embed_integrations.core.config import EncoderConfig

PROVIDER = "qwen3_embed_integrations"
"""`gen_ai.provider.name` of a model that computes in this process; a server's is its engine."""

OPERATION_NAME = "gen_ai.operation.name"
PROVIDER_NAME = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
DIMENSION_COUNT = "gen_ai.embeddings.dimension.count"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
ERROR_TYPE = "error.type"
HTTP_METHOD = "http.request.method"
HTTP_RESEND_COUNT = "http.request.resend_count"
HTTP_STATUS_CODE = "http.response.status_code"
URL_FULL = "url.full"

ROLE = "qwen3_embed.role"
TEXT_COUNT = "qwen3_embed.text.count"
TRUNCATED_COUNT = "qwen3_embed.truncated.count"
CACHE_HITS = "qwen3_embed.cache.hits"
CACHE_MISSES = "qwen3_embed.cache.misses"
CACHE_RESULT = "qwen3_embed.cache.result"
BATCH_TEXTS = "qwen3_embed.batch.text.count"
BATCH_TOKENS = "qwen3_embed.batch.token.count"
BATCH_CALLS = "qwen3_embed.batch.call.count"
BATCH_FILL = "qwen3_embed.batch.fill"
BATCH_KIND = "qwen3_embed.batch.kind"

_DEFAULT_PORTS = {"http": 80, "https": 443}


def call_attributes(operation: str, config: EncoderConfig) -> dict[str, str | int]:
    """Return the attributes that spans and metrics of a call share."""
    attributes: dict[str, str | int] = {
        OPERATION_NAME: operation,
        PROVIDER_NAME: config.engine if config.backend == "remote" else PROVIDER,
        REQUEST_MODEL: config.model,
    }
    return attributes if config.base_url is None else attributes | server_attributes(config.base_url)


def server_attributes(url: str) -> dict[str, str | int]:
    """Return a server's address and port; {} for an address that can't be read."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return {}
    return {SERVER_ADDRESS: parts.hostname, SERVER_PORT: port} if parts.hostname and port else {}
