"""HTTP client for one server: API key, time limits, retries.

httpx sends the requests: its asynchronous client ends a request as soon as its task is cancelled, so a time limit
holds against a server that sends a byte now and then, and a cancelled call sends nothing more. tenacity, which
LangChain and LlamaIndex use too, decides when to retry. The `openai` SDK has retries without a total deadline,
sends headers that describe this machine, and speaks one dialect only.

Nothing that the server sends gets into a message or a log before `Quoter` took the API key out. An error that holds
what the server sent is raised after its `except` block, so that no `__context__` keeps it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.consent import require_consent
from qwen3_embed_integrations.core.errors import (
    ConfigError,
    RemoteAnswerError,
    RemoteTimeoutError,
    RemoteUnavailableError,
)
from qwen3_embed_integrations.core.observation import CallObserver, HttpTry, observed_try
from qwen3_embed_integrations.core.safe_text import safe_line
from qwen3_embed_integrations.core.types import FloatArray

from .answer_body import ACCEPTED_ENCODING, read_body
from .http_errors import FaultError, raise_for_status
from .http_request import HttpRequest
from .network import proxy_for, tls_context
from .protocol import BadAnswerError, read_n_tokens
from .quoting import Quoter

_CONNECT_S = 10.0
_BAD_ANSWERS = 2  # a server that sends two invalid answers will send a third

_backoff = wait_random_exponential(multiplier=0.5, max=30)  # full jitter


class Client:
    """Sends requests to one server. Use it from one event loop only.

    Args:
        config: The options of the connection.
        url: Full address of the endpoint.
    """

    def __init__(self, config: EncoderConfig, url: str) -> None:
        require_consent(config.base_url or "", config.api_key_env)  # before the key is read
        self._config = config
        self._url = url
        key = _key_from(config.api_key_env)
        self._quote = Quoter(key)
        self._slots = asyncio.Semaphore(config.max_concurrency)
        self._http = httpx.AsyncClient(
            headers={"User-Agent": "qwen3-embed-integrations", "Accept-Encoding": ACCEPTED_ENCODING}
            | _authorization(key),
            timeout=httpx.Timeout(None, connect=min(_CONNECT_S, config.timeout_s)),
            transport=_transport(url, config.max_concurrency),
            trust_env=False,  # `network` reads the environment
        )
        self._quote.watch_logs()

    async def close(self) -> None:
        """Close the connections."""
        self._quote.unwatch_logs()
        await self._http.aclose()

    async def answer(self, http_request: HttpRequest, observer: CallObserver | None = None) -> FloatArray:
        """Return what the answer to one request holds, `[n, width]`, retrying as often as the config allows.

        Args:
            http_request: The request.
            observer: Told of each try; None: nobody observes the call.

        Raises:
            TooLargeError: The server refuses the request for its size.
            RemoteTimeoutError: No answer within `deadline_s`.
            RemoteUnavailableError: The server cannot be reached, or every try failed.
            RemoteRefusedError: The server refuses the request for another reason.
            RemoteAnswerError: The answer is not what was requested.
        """
        return (await self._retried(http_request, observer))[0]

    async def answer_and_n_tokens(self, http_request: HttpRequest) -> tuple[FloatArray, int | None]:
        """Return the same, and the number of tokens that the server reports; raise as above."""
        found, content, headers = await self._retried(http_request)
        return found, read_n_tokens(content, headers)

    async def _retried(
        self, http_request: HttpRequest, observer: CallObserver | None = None
    ) -> tuple[FloatArray, bytes, Mapping[str, str]]:
        faults: list[str] = []
        end = asyncio.get_running_loop().time() + self._config.deadline_s
        retrying = AsyncRetrying(
            retry=retry_if_exception_type((FaultError, BadAnswerError)),
            stop=lambda state: self._is_hopeless(state, end),
            wait=_wait,
            before_sleep=lambda state: faults.append(str(_error_of(state))),
            reraise=True,
        )
        try:
            async with asyncio.timeout_at(end):
                return await retrying(self._once, http_request, observer, faults)
        except TimeoutError as error:
            last = f" The last failure: {faults[-1]}." if faults else ""
            raise RemoteTimeoutError(
                f"{self._where} did not answer within deadline_s={self._config.deadline_s:g}.{last} "
                "Raise deadline_s, or lower max_batch_texts."
            ) from error
        except FaultError as error:
            raise RemoteUnavailableError(
                f"{self._where} failed {len(faults) + 1} times; the last failure: {error}. "
                "Check that it runs and can be reached."
            ) from error
        except BadAnswerError as error:
            raise RemoteAnswerError(
                f"{self._where} sent an invalid answer: {error}. `qwen3-embed doctor` shows what the server does."
            ) from error

    @property
    def _where(self) -> str:
        return f"The server {self._url}"

    def _is_hopeless(self, state: RetryCallState, end: float) -> bool:
        error = _error_of(state)
        if isinstance(error, FaultError) and error.is_final:
            return True
        allowed = self._config.max_retries + 1
        if isinstance(error, BadAnswerError):
            allowed = min(allowed, _BAD_ANSWERS)
        pause = error.retry_after_s if isinstance(error, FaultError) else 0.0
        return state.attempt_number >= allowed or asyncio.get_running_loop().time() + pause > end

    async def _once(
        self, http_request: HttpRequest, observer: CallObserver | None, faults: Sequence[str]
    ) -> tuple[FloatArray, bytes, Mapping[str, str]]:
        async with self._slots:
            with observed_try(observer, self._url, len(faults)) as sent:
                content, headers = await self._post(http_request.body(), http_request.max_bytes, sent)
        http_request.check(headers)
        return http_request.read(content, self._quote), content, headers

    async def _post(self, body: Mapping[str, object], limit: int, sent: HttpTry) -> tuple[bytes, Mapping[str, str]]:
        try:
            async with (
                asyncio.timeout(self._config.timeout_s),
                self._http.stream("POST", self._url, json=body, headers=sent.headers) as response,
            ):
                sent.status_code = response.status_code
                content = await _body(response, limit)
        except TimeoutError as error:
            raise FaultError(f"no answer within timeout_s={self._config.timeout_s:g}") from error
        except httpx.RequestError as error:
            fault = _fault_of(error, self._quote)
        else:
            raise_for_status(self._url, response.status_code, response.headers, content, self._quote)
            return content, response.headers
        raise fault


async def _body(response: httpx.Response, limit: int) -> bytes:
    """Return the body of an answer; b"" for an error whose body cannot be read: its status says enough."""
    try:
        return await read_body(response, limit)
    except BadAnswerError:
        if response.is_success:
            raise
        return b""


def _transport(url: str, max_connections: int) -> httpx.AsyncHTTPTransport:
    try:
        server = httpx.URL(url)
        _ = server.host  # decodes an international name
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigError(f"base_url: {safe_line(url, 200)!r} is not an address ({error}). Correct it.") from error
    proxy = proxy_for(server)
    context = tls_context(server, proxy)
    if proxy is not None:
        proxy = httpx.Proxy(proxy.url, auth=proxy.auth, ssl_context=context if proxy.url.scheme == "https" else None)
    limits = httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections)
    return httpx.AsyncHTTPTransport(verify=context, proxy=proxy, limits=limits, trust_env=False)


def _wait(state: RetryCallState) -> float:
    error = _error_of(state)
    return _backoff(state) + (error.retry_after_s if isinstance(error, FaultError) else 0.0)


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _fault_of(error: httpx.RequestError, quote: Quoter) -> FaultError:
    reason = quote(str(error)) or type(error).__name__
    is_final = "CERTIFICATE_VERIFY_FAILED" in str(error)
    hint = "; name your own certificate authority with the environment variable SSL_CERT_FILE" if is_final else ""
    return FaultError(f"{reason}{hint}", is_final=is_final)


def _authorization(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _key_from(variable: str | None) -> str:
    """Read the API key from the environment; return "" for a server that needs none.

    Raises:
        ConfigError: The variable is not set or does not hold a key. The message does not show its value.
    """
    if variable is None:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise ConfigError(f"api_key_env={variable!r}: this environment variable is not set. Put the API key into it.")
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(
            f"api_key_env={variable!r}: the value of this variable is not an API key: expected printable ASCII."
        )
    return key
