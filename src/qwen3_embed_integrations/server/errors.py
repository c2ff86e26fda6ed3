"""An error → its HTTP status, and its body in the format of the route: OpenAI's, Cohere's or that of TEI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from qwen3_embed_integrations import (
    ConfigError,
    EncoderClosedError,
    HostNotAllowedError,
    InputTypeError,
    OverloadedError,
    RemoteError,
    RemoteTimeoutError,
    TextTooLongError,
)
from qwen3_embed_integrations.core.safe_text import safe_line

INVALID = "invalid_request_error"
CLIENT_GONE = 499
"""The status that nginx logs for a client that closed its connection."""

_TEI_TYPES = {
    HTTPStatus.TOO_MANY_REQUESTS: "Overloaded",
    HTTPStatus.SERVICE_UNAVAILABLE: "Unhealthy",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Backend",
}
_SHOWN = 80  # characters of a name that a client sent


class ApiError(Exception):
    """An error as a client sees it.

    Attributes:
        status: HTTP status.
        message: What was found, what was expected, what to do. It quotes no text that was sent.
        kind: OpenAI's `type`.
        code: OpenAI's `code`; None where it has none.
        param: The field at fault; None: none.
        headers: Further headers of the answer.
    """

    def __init__(  # noqa: PLR0913 - the fields of OpenAI's error object
        self,
        status: int,
        message: str,
        *,
        kind: str = INVALID,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.kind, self.code, self.param = int(status), message, kind, code, param
        self.headers = dict(headers or {})

    def body(self, path: str) -> dict[str, Any]:
        """Return the JSON body in the format that clients of a route read."""
        if path in ("/embed", "/rerank", "/info"):
            return {"error": self.message, "error_type": _TEI_TYPES.get(HTTPStatus(self.status), "Validation")}
        if path.startswith("/v2/"):
            return {"message": self.message, "id": self.code or self.kind}
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def bad_request(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """Return the error for a request with an unfit value."""
    return ApiError(HTTPStatus.BAD_REQUEST, message, param=param, code=code)


def overloaded(message: str, retry_after_s: int) -> ApiError:
    """Return the error for a request that can't wait, because too many wait already."""
    return ApiError(
        HTTPStatus.TOO_MANY_REQUESTS,
        message,
        kind="rate_limit_error",
        code="rate_limit_exceeded",
        headers={"Retry-After": str(retry_after_s)},
    )


def unavailable(message: str) -> ApiError:
    """Return the error for a server that is loading its models, or ending."""
    return ApiError(
        HTTPStatus.SERVICE_UNAVAILABLE, message, kind="server_error", code="unavailable", headers={"Retry-After": "2"}
    )


def quoted(name: object) -> str:
    """Return a name that a client sent, fit for a message."""
    return repr(safe_line(str(name), _SHOWN))


def error_of_validation(error: ValidationError) -> ApiError:
    """Return the error for a body that is not JSON, or whose fields have unfit types; it quotes no value."""
    problem = error.errors(include_url=False, include_input=False)[0]
    if problem["type"] == "json_invalid":
        detail = problem.get("ctx", {}).get("error", "")
        return bad_request(
            f"The body is not JSON: {safe_line(str(detail), 200)}. Send one JSON object.", code="invalid_json"
        )
    where = ".".join(map(str, problem["loc"]))
    if not where:
        return bad_request("The body is JSON, but not an object. Send one JSON object.", code="invalid_json")
    return bad_request(
        f"{safe_line(where, _SHOWN)}: {problem['msg']}.",
        param=safe_line(str(problem["loc"][0]), _SHOWN),
        code="missing_required_parameter" if problem["type"] == "missing" else "invalid_type",
    )


def error_of(error: Exception) -> ApiError:
    """Return what a client is told of an error of the encoder; the message of an unknown one stays here."""
    if isinstance(error, ApiError):
        return error
    return next((make(error) for kind, make in _MAKERS if isinstance(error, kind)), _UNKNOWN)


def _too_long(error: Exception) -> ApiError:
    found = str(error).partition(". ")[0]
    return bad_request(f"{found}. Split it, or send truncate=true.", "input", "context_length_exceeded")


def _failed(status: int, code: str, message: str) -> ApiError:
    return ApiError(status, message, kind="server_error", code=code)


_UNKNOWN = _failed(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal_error",
    "The server failed; its log has the details. Send the request again, or report it.",
)
_NO_MEMORY = "The texts don't fit into the server's memory. Send fewer or shorter ones."
_MAKERS: tuple[tuple[type[Exception], Callable[[Exception], ApiError]], ...] = (
    (OverloadedError, lambda error: overloaded(str(error), 1)),
    (TextTooLongError, _too_long),
    (EncoderClosedError, lambda _: unavailable("The server is ending. Send the request again.")),
    (RemoteTimeoutError, lambda error: _failed(HTTPStatus.GATEWAY_TIMEOUT, "timeout", str(error))),
    (RemoteError, lambda error: _failed(HTTPStatus.BAD_GATEWAY, "engine_failed", str(error))),
    (HostNotAllowedError, lambda error: _failed(HTTPStatus.BAD_GATEWAY, "engine_failed", str(error))),
    (MemoryError, lambda _: _failed(HTTPStatus.INTERNAL_SERVER_ERROR, "out_of_memory", _NO_MEMORY)),
    (ConfigError, lambda error: bad_request(str(error))),
    (InputTypeError, lambda error: bad_request(str(error))),
)
"""The errors of the encoder that a client is told of; the first that fits."""
