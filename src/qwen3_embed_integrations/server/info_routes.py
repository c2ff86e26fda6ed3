"""What the server is and how it is: /v1/models, /info, /health, /ready, /metrics."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from qwen3_embed_integrations import __version__

from .answers import json_bytes
from .errors import unavailable
from .metrics import CONTENT_TYPE
from .models import ServedEncoder
from .roles import QUERY_SUFFIX
from .service import Service

_OWNER = "qwen3-embed-integrations"


async def models(request: Request) -> Response:
    """Answer GET /v1/models, and /v1/models/NAME."""
    service: Service = request.app.state.service
    service.require_ready()
    name = request.path_params.get("name")
    listed = [entry for served in service.models.encoders.values() for entry in _entries(served, service.started)]
    if service.models.reranker is not None:
        listed.append({**_entry(service.models.reranker.name, service.started), "kind": "rerank"})
    if name is None:
        return _json({"object": "list", "data": listed})
    found = next((entry for entry in listed if entry["id"] == name), None)
    if found is None:
        served, _ = service.models.encoder(name)  # a name that is understood and not listed
        found = {**_entries(served, service.started)[0], "id": name}
    return _json(found)


def _entries(served: ServedEncoder, created: int) -> list[dict[str, Any]]:
    more = {
        "kind": "embed",
        "dimension": served.dimension,
        "max_length": served.max_length,
        "weights": served.weights,
        "fingerprint": served.fingerprint(served.dimension),
    }
    return [
        {**_entry(served.name, created), "input_type": "document", **more},
        {**_entry(served.name + QUERY_SUFFIX, created), "input_type": "query", **more},
    ]


def _entry(name: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": _OWNER}


async def info(request: Request) -> Response:
    """Answer GET /info, as text-embeddings-inference does."""
    service: Service = request.app.state.service
    service.require_ready()
    served, _ = service.models.encoder(None)
    options = service.options
    return _json(
        {
            "model_id": served.name,
            "model_sha": served.weights or None,
            "model_dtype": served.config.dtype,
            "model_type": {"embedding": {"pooling": "last_token"}},
            "max_concurrent_requests": options.max_queued_requests,
            "max_input_length": served.max_length,
            "max_batch_tokens": options.max_request_tokens,
            "max_client_batch_size": options.max_request_texts,
            "auto_truncate": True,
            "version": __version__,
        }
    )


async def health(_: Request) -> Response:
    """Answer GET /health: the process lives."""
    return _json({"status": "ok"})


async def ready(request: Request) -> Response:
    """Answer GET /ready: the models are loaded."""
    service: Service = request.app.state.service
    if not service.models.is_ready:
        raise unavailable("The models are loading.")
    return _json({"status": "ready"})


async def metrics(request: Request) -> Response:
    """Answer GET /metrics."""
    service: Service = request.app.state.service
    return Response(service.metrics.page(), HTTPStatus.OK, media_type=CONTENT_TYPE)


def _json(value: Any) -> Response:
    return Response(json_bytes(value), media_type="application/json")
