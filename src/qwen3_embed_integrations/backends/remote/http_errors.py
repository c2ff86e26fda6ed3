"""What an HTTP status means: retry, send less, or give up."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from qwen3_embed_integrations.core.errors import RemoteRefusedError

_TRANSIENT = (408, 429)
_OF_A_SIZE = (400, 413, 422, 500)  # llama.cpp says 500 where others say 400
_SIZE = re.compile(
    r"too (large|long|big|many)|batch size|maximum (context|input|allowed|batch|number)|max_(length|model_len|tokens)"
    r"|must have less than|exceed\w*.{0,60}(length|size|token|limit|context)|context length",
    re.IGNORECASE | re.DOTALL,
)
_READ = 1 << 16  # bytes of an error's body that are looked at
_OK = range(200, 300)
_MOVED = range(300, 400)
_HINTS = {
    401: "Set api_key_env to the environment variable that holds a valid key.",
    403: "Set api_key_env to the environment variable that holds a key with access to the model.",
    404: "Check base_url and the model's name there (served_model), and that engine names what the server runs.",
}
_UNQUOTED = (401, 403)  # such an answer may quote part of the key


class FaultError(Exception):
    """A failure that may be temporary: a lost connection, 408, 429, 5xx.

    Attributes:
        retry_after_s: Seconds that the server asks the client to wait.
        is_final: Retrying cannot help.
    """

    def __init__(self, message: str, *, retry_after_s: float = 0.0, is_final: bool = False) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.is_final = is_final


class TooLargeError(Exception):
    """The server refuses the request for its size; the message is the server's."""


def raise_for_status(
    url: str, status: int, headers: Mapping[str, str], content: bytes, quote: Callable[[str], str]
) -> None:
    """Raise the error that `status` stands for; return for 2xx.

    Args:
        url: The server.
        status: HTTP status of the answer.
        headers: Its headers.
        content: Its body.
        quote: Makes texts of the server fit for a message; hides the API key.

    Raises:
        TooLargeError: The request is too large.
        FaultError: Retrying may help.
        RemoteRefusedError: Retrying cannot help.
    """
    if status in _OK:
        return
    said = quote(_message_in(content))
    shown = f"HTTP {status}" + (f" ({said})" if said and status not in _UNQUOTED else "")
    if status == 413 or (status in _OF_A_SIZE and _SIZE.search(said)):  # noqa: PLR2004 - "Content Too Large"
        raise TooLargeError(shown)
    if status in _TRANSIENT or status >= 500:  # noqa: PLR2004 - the server's own faults
        raise FaultError(shown, retry_after_s=_retry_after_s(headers.get("retry-after", "")))
    if status in _MOVED:
        hint = f'It redirects to "{quote(headers.get("location", "nowhere"))}": use the final address as base_url.'
    else:
        hint = _HINTS.get(status, "`qwen3-embed doctor` shows what the server does.")
    raise RemoteRefusedError(f"The server {url} refuses the request: {shown}. {hint}")


def _message_in(content: bytes) -> str:
    """Return the message in the body of an error, or the whole body."""
    text = content[:_READ].decode("utf-8", "replace")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    for name in ("error", "message", "detail"):
        answer = answer.get(name, answer) if isinstance(answer, dict) else answer
    return answer if isinstance(answer, str) else text


def _retry_after_s(value: str) -> float:
    """Return the seconds that a Retry-After header asks for; it holds seconds or a date (RFC 9110, 10.2.3)."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):  # the latter: a time zone of many digits
            return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
