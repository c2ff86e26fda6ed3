"""What backends on a server share: an event loop, a client, and texts measured here where the tokenizer is on hand."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import numpy as np

from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer, raise_if_too_long
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.inputs import encodable
from qwen3_embed_integrations.core.observation import observed_step
from qwen3_embed_integrations.core.protocols import Backend, EmbedRequest
from qwen3_embed_integrations.core.types import IntArray, RawEmbeddings
from qwen3_embed_integrations.scheduling.admission import Admission
from qwen3_embed_integrations.scheduling.loop_thread import LoopThread

from .client import Client

_WINDOW = 64  # texts tokenised at a time, so that other callers' requests proceed in between
_BYTES_A_TOKEN = 3  # estimate used to plan requests when there is no tokenizer

logger = logging.getLogger(__name__)
_left_behind: list[Any] = []

_Tokenizer = TypeVar("_Tokenizer", bound=TextTokenizer)


class ServerBackend(Backend, Generic[_Tokenizer]):
    """Backend that computes on a server; one event loop on its own thread sends all requests.

    Args:
        config: The options.
        url: Full address of the endpoint.
        tokenizer: The model's tokenizer, if it is on this machine.
    """

    def __init__(self, config: EncoderConfig, url: str, tokenizer: _Tokenizer | None) -> None:
        self._config = config
        self._url = url
        self._tokenizer = self.tokenizer = tokenizer
        self._start()

    def _start(self) -> None:
        self._admission = Admission()
        self._client = Client(self._config, self._url)
        self._thread = LoopThread("qwen3-embed-remote")

    @property
    def n_waiting(self) -> int:
        """Calls that have no result yet."""
        return self._admission.n_calls

    @abstractmethod
    async def _compute(self, request: EmbedRequest) -> RawEmbeddings:
        """Return what the server computes for a call."""

    def submit(self, request: EmbedRequest) -> Future[RawEmbeddings]:
        """Return a future of the result at once; cancelling it ends its requests and sends no further ones.

        Raises:
            OverloadedError: `max_waiting` calls are waiting already.
        """
        return self._admission.admitted(request.max_waiting, lambda: self._thread.submit(self._compute(request)))

    def close(self, *, discard: bool = False) -> None:
        """Finish waiting calls, then close the connections.

        Args:
            discard: Cancel the requests under way instead of finishing them.
        """
        if discard:
            self._thread.discard()
        self._thread.close(self._client.close())

    def after_fork(self) -> None:
        """Open new connections in a forked child; the parent's stay open and untouched."""
        _left_behind.append((self._client, self._thread))  # closing them here would break the parent's connections
        self._start()

    async def _tokenized(
        self, tokenizer: TextTokenizer, request: EmbedRequest, texts: list[str], inverse: IntArray
    ) -> list[list[int]]:
        """Return the token ids of distinct texts, not truncated.

        Raises:
            TextTooLongError: A text is longer than `max_length`, with `on_overflow="error"`.
        """
        found: list[list[int]] = []
        for first in range(0, len(texts), _WINDOW):
            with observed_step(request.observer, "tokenize"):
                ids = tokenizer.tokenize(texts[first : first + _WINDOW])
            if request.on_overflow == "error":
                raise_if_too_long(ids, first, inverse, request.max_length)
            found += ids
            await asyncio.sleep(0)
        return found

    def _raise_if_unsure(
        self, request: EmbedRequest, texts: list[str], inverse: IntArray, *, server_cuts: bool, n_template: int = 0
    ) -> None:
        """Check texts whose tokens cannot be counted here; a text has at most one token per byte.

        Args:
            request: The call.
            texts: Its distinct texts.
            inverse: `[n]`, index of each of the call's texts among them.
            server_cuts: Whether the server is told to truncate a long text.
            n_template: Tokens that the server puts around a text, the end token excluded.

        Raises:
            ConfigError: A text may be too long, with `on_overflow="error"`.
        """
        sure = [len(encodable(text).encode()) + n_template < request.max_length for text in texts]
        if all(sure):
            return
        if request.on_overflow == "error":
            index = int(np.flatnonzero(inverse == sure.index(False))[0])
            raise ConfigError(
                f'on_overflow="error": without the tokenizer of {self._config.model!r}, it is unknown whether text '
                f'{index} has more than {request.max_length} tokens. Name its folder: tokenizer="…".'
            )
        if not server_cuts:
            logger.warning(
                "%d texts may have more than %d tokens; without a tokenizer they are sent whole",
                sure.count(False),
                request.max_length,
            )


def estimated_lengths(texts: list[str]) -> list[int]:
    """Return about how many tokens each text has, where there is no tokenizer."""
    return [len(encodable(text).encode()) // _BYTES_A_TOKEN + 2 for text in texts]
