"""Read the body of a request within its limits of size and time."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from .errors import CLIENT_GONE, ApiError, error_of_validation

_Fields = TypeVar("_Fields", bound=BaseModel)


async def read_fields(request: Request, fields: type[_Fields], *, max_bytes: int, timeout_s: float) -> _Fields:
    """Return the fields of a request's JSON body.

    Args:
        request: The request.
        fields: What the body may hold.
        max_bytes: Largest body; it is counted while it is read, because Content-Length may lie or be missing.
        timeout_s: Longest time to wait for the whole body.

    Raises:
        ApiError: The body is too large (413), compressed (415), late (408), no JSON, or a field is unfit (400).
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "The body is compressed. Send it without Content-Encoding.",
            code="unsupported_encoding",
        )
    body = await _read(request, max_bytes, timeout_s)
    try:
        return fields.model_validate_json(bytes(body))
    except ValidationError as error:
        problem = error_of_validation(error)
    raise problem  # out here: the ValidationError holds the body


async def _read(request: Request, max_bytes: int, timeout_s: float) -> bytearray:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            more = True
            while more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ApiError(CLIENT_GONE, "The client closed the connection.")
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError as error:
        raise ApiError(
            HTTPStatus.REQUEST_TIMEOUT,
            f"The body did not arrive within {timeout_s:g} s.",
            code="timeout",
            headers={"Connection": "close"},
        ) from error
    return body


def _too_large(max_bytes: int) -> ApiError:
    return ApiError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The body is larger than {max_bytes / 1e6:g} MB. Send several requests, or start the server with a larger "
        "--max-body-mb.",
        code="request_too_large",
        headers={"Connection": "close"},
    )
