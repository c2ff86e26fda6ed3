"""The routes, and what stands around each of them: access, errors, request ids, metrics, the log line."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import secrets
import threading
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import embed_routes, info_routes, rerank_routes
from .access import Access
from .answers import json_bytes
from .errors import CLIENT_GONE, ApiError, error_of
from .service import Service

_log = logging.getLogger("qwen3_embed_integrations.server")
_REQUEST_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)

ROUTES = (
    ("POST", "/v1/embeddings", embed_routes.openai_embeddings),
    ("POST", "/v2/embed", embed_routes.cohere_embed),
    ("POST", "/embed", embed_routes.tei_embed),
    ("POST", "/v1/rerank", rerank_routes.rerank),
    ("POST", "/v2/rerank", rerank_routes.rerank),
    ("POST", "/rerank", rerank_routes.rerank),
    ("GET", "/v1/models", info_routes.models),
    ("GET", "/v1/models/{name:path}", info_routes.models),
    ("GET", "/info", info_routes.info),
    ("GET", "/health", info_routes.health),
    ("GET", "/ready", info_routes.ready),
    ("GET", "/metrics", info_routes.metrics),
)
"""Method, path and what answers it."""

_PATHS = frozenset(path for _, path, _ in ROUTES)
_Handler = Callable[[Request], Awaitable[Response]]


def create_app(
    service: Service, access: Access, on_loaded: Callable[[], None], on_failure: Callable[[], None]
) -> ASGIApp:
    """Return the application; its models load when it starts.

    Args:
        service: What the routes share.
        access: Who may ask.
        on_loaded: Called when the models are loaded, on the thread that loads them.
        on_failure: Called when one can't be loaded, on the event loop.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def load() -> None:
            service.models.load()
            if service.models.failure is None:
                on_loaded()
            else:
                loop.call_soon_threadsafe(on_failure)

        # a daemon, because a signal ends the server at once while a model is being fetched
        threading.Thread(target=load, name="qwen3-embed-load", daemon=True).start()
        yield

    handlers = {(method, path): _handled(handler) for method, path, handler in ROUTES}
    app = Starlette(
        routes=[Route(path, handler, methods=[method]) for (method, path), handler in handlers.items()],
        lifespan=lifespan,
        exception_handlers={HTTPException: _http_error},
    )
    app.state.service = service
    return Surroundings(app, handlers, service, access)


def _handled(handler: _Handler) -> _Handler:
    """Return a handler that answers an error with its status and body."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as error:  # noqa: BLE001 - every error has an answer
            known = error_of(error)
            if known.code == "internal_error":
                _log_unknown(error)
        return _error_response(request.url.path, known)

    return handle


def _log_unknown(error: Exception) -> None:
    """Log where an error comes from, not what it says: its message may hold a text."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s, its message left out\n%s", type(error).__name__, frames)


async def _http_error(request: Request, error: Exception) -> Response:
    """Answer an unknown path or method."""
    status = error.status_code if isinstance(error, HTTPException) else int(HTTPStatus.INTERNAL_SERVER_ERROR)
    code = "not_found" if status == HTTPStatus.NOT_FOUND else "method_not_allowed"
    known = ", ".join(sorted(_PATHS))
    return _error_response(
        request.url.path, ApiError(status, f"{HTTPStatus(status).phrase}. This server answers {known}.", code=code)
    )


def _error_response(path: str, error: ApiError) -> Response:
    return Response(json_bytes(error.body(path)), error.status, error.headers, "application/json")


class Surroundings:
    """Around every request: access, a request id, metrics, one log line without any text.

    A path without parameters is looked up here, past Starlette's middleware and its search of the routes: 3 µs of the
    event loop instead of 9.

    Args:
        app: Answers whatever is not looked up.
        handlers: (method, path) → what answers it.
        service: What the routes share.
        access: Who may ask.
    """

    def __init__(
        self, app: Starlette, handlers: Mapping[tuple[str, str], _Handler], service: Service, access: Access
    ) -> None:
        self._app, self._handlers, self._service, self._access = app, handlers, service, access
        self._prefix, self._numbers = secrets.token_hex(11), itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, headers, path, method = time.perf_counter(), Headers(scope=scope), scope["path"], scope["method"]
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else f"{self._prefix}{next(self._numbers):010x}"
        written_id, status = (b"x-request-id", request_id.encode()), CLIENT_GONE

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append(written_id)
            await send(message)

        handler = self._handlers.get((method, path))
        try:
            self._access.check(path, headers)
        except ApiError as error:
            await _error_response(path, error)(scope, receive, send_with_id)
        else:
            if handler is None:
                await self._app(scope, receive, send_with_id)
            else:
                scope["app"] = self._app
                response = await handler(Request(scope, receive))
                await response(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - start
            route = path if handler is not None else getattr(scope.get("route"), "path", "other")
            self._service.metrics.request(route, status, seconds)
            _log.info("%s %s %d %.1f ms %s", method, route, status, seconds * 1000, request_id)
