"""An HTTP server for embeddings and reranking, in the formats of OpenAI, Cohere and text-embeddings-inference.

`qwen3-embed serve` is the command, docs/serve.md the page.

options         ServeOptions: every option of the server, declared once
run             binds the address, serves, drains
connections     time and size limits of a connection's headers
app             the routes, and what stands around each of them
access          bearer keys, and the Host header on loopback
models          the models that are served, by the names that clients use
schemas         the fields of the requests
roles           query or document: the field that each client has for it
request_body    reads a body within its limits
token_ids       token ids in place of texts
embed_routes    /v1/embeddings, /v2/embed, /embed
rerank_routes   /v1/rerank, /rerank, /v2/rerank
info_routes     /v1/models, /info, /health, /ready, /metrics
running         queue, time limit, clients that went away
answers         embeddings → the bytes of an answer
errors          an error → its status and body
metrics         what Prometheus reads
"""

from __future__ import annotations

from importlib.util import find_spec

from qwen3_embed_integrations import EncoderConfig
from qwen3_embed_integrations.core.errors import missing_extra

from .options import ServeOptions

__all__ = ["ServeOptions", "run_serve"]

_NEEDED = ("starlette", "uvicorn", "httptools", "orjson", "prometheus_client")


def run_serve(config: EncoderConfig, options: ServeOptions) -> None:
    """Serve the model of `config` until the process is asked to end.

    Args:
        config: The encoder's options.
        options: All other options.

    Raises:
        ConfigError: The address is reachable from other machines and no key protects it; or an option is unfit.
        MissingExtraError: A package of the extra "serve" is not installed.
        Qwen3EmbedError: A model can't be loaded.
    """
    for module in _NEEDED:
        if find_spec(module) is None:
            raise missing_extra(module.replace("_", "-"), "serve")
    from .run import run

    run(config, options)
