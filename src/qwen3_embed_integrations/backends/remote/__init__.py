"""Text → embeddings or scores on a server, by `EncoderConfig(backend="remote")` or `RerankerConfig(backend="remote")`.

backend          gets embeddings: truncates texts and appends the end token
rerank_backend   gets scores of pairs: cuts documents, tells logits from probabilities
server_backend   what both share
request_batcher  one call: plan requests, split those that are too large, keep what came
client           one request: time limits, retries, the API key
space_check      does the server still compute the expected space
http_request     what the client sends, and how its answer is read
network          proxy and TLS settings of the environment
answer_body      the body of an answer, decompressed within a limit
quoting          texts of the server in messages and logs, without the API key
http_errors      what an HTTP status means
protocol, rerank_protocol    request bodies; answers, validated
engines, rerank_engines      how the engines differ: tables
discovery, rerank_discovery  what is known of a model before any text is sent
probe            what the server answers to texts exactly as given
"""

from __future__ import annotations

from typing import cast

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.protocols import Backend
from qwen3_embed_integrations.core.reranker_config import RerankerRuntimeConfig

from .backend import RemoteBackend
from .discovery import RemoteModel
from .discovery import open_model as open_embedder
from .probe import ServerProbe
from .rerank_backend import RerankBackend
from .rerank_discovery import RemoteReranker, open_reranker

__all__ = ["ServerProbe", "build_backend", "open_model", "open_rerank_probe"]


def open_model(config: EncoderConfig) -> RemoteModel | RemoteReranker:
    """Find out what there is to know of the model of `config`, an embedding model's or a reranker's."""
    return open_reranker(config) if isinstance(config, RerankerRuntimeConfig) else open_embedder(config)


def build_backend(config: EncoderConfig, model: RemoteModel | RemoteReranker) -> Backend:
    """Return a backend that sends texts to the server of `config`; one that scores pairs is connected and probed."""
    if not isinstance(config, RerankerRuntimeConfig):
        return RemoteBackend(config, cast("RemoteModel", model))
    backend = RerankBackend(config, cast("RemoteReranker", model))
    try:
        backend.connect()
    except BaseException:
        backend.close(discard=True)
        raise
    return backend


def open_rerank_probe(config: RerankerRuntimeConfig) -> RerankBackend:
    """Return a backend that scores pairs on the server of `config`, not yet connected."""
    return RerankBackend(config, open_reranker(config))
