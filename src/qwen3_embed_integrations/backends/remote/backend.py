"""A backend that computes on a server, behind the same seam as the local ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from qwen3_embed_integrations.checkpoints.tokenizer import TextTokenizer, cut, raise_if_too_long
from qwen3_embed_integrations.core.config import EncoderConfig
from qwen3_embed_integrations.core.errors import ConfigError
from qwen3_embed_integrations.core.inputs import encodable, without_repeats
from qwen3_embed_integrations.core.prompts import END_TOKEN
from qwen3_embed_integrations.core.protocols import Backend, EmbedRequest
from qwen3_embed_integrations.core.types import IntArray, RawEmbeddings
from qwen3_embed_integrations.scheduling.admission import Admission
from qwen3_embed_integrations.scheduling.loop_thread import LoopThread

from .client import Client
from .discovery import RemoteModel
from .protocol import Input
from .request_batcher import RequestBatcher, RequestPlan

_WINDOW = 64  # texts tokenised at a time, so that other callers' requests proceed in between
_BYTES_A_TOKEN = 3  # estimate used to plan requests when there is no tokenizer

logger = logging.getLogger(__name__)
_left_behind: list[Any] = []


class RemoteBackend(Backend):
    """Backend that gets its embeddings from a server; one event loop on its own thread sends all requests."""

    def __init__(self, config: EncoderConfig, model: RemoteModel) -> None:
        self._config = config
        self._model = model
        self.tokenizer = model.tokenizer
        self._start()

    def _start(self) -> None:
        self._admission = Admission()
        self._client = Client(self._config, self._model.target)
        self._thread = LoopThread("qwen3-embed-remote")

    def submit(self, request: EmbedRequest) -> Future[RawEmbeddings]:
        """Return a future of the embeddings at once; cancelling it ends its requests and sends no further ones.

        Raises:
            OverloadedError: `max_waiting` calls are waiting already.
        """
        return self._admission.admitted(request.max_waiting, lambda: self._thread.submit(self._embed(request)))

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

    async def _embed(self, request: EmbedRequest) -> RawEmbeddings:
        texts, inverse = without_repeats(request.texts)
        inputs: Sequence[Input]
        if self._model.tokenizer is None:
            inputs = self._unmeasured(request, texts, inverse)
            n_tokens = np.full(len(texts), -1, dtype=np.int64)
            lengths = [len(encodable(text).encode()) // _BYTES_A_TOKEN + 2 for text in texts]
        else:
            ids = await self._tokenized(self._model.tokenizer, request, texts, inverse)
            n_tokens = np.fromiter((len(one) for one in ids), dtype=np.int64, count=len(ids))
            lengths = [min(len(one), request.max_length) for one in ids]
            inputs = self._measured(self._model.tokenizer, request.max_length, texts, ids)
        embeddings = await RequestBatcher(
            self._client, self._plan(request, inputs, lengths, inverse), request.on_progress
        ).run()
        return RawEmbeddings(embeddings if len(texts) == len(inverse) else embeddings[inverse], n_tokens[inverse])

    def _plan(
        self, request: EmbedRequest, inputs: Sequence[Input], lengths: list[int], inverse: IntArray
    ) -> RequestPlan:
        config, profile = self._config, self._model.target.profile
        dimension = request.dimension if config.server_dimensions else None
        measured = self._model.tokenizer is not None
        return RequestPlan(
            inputs=list(inputs),
            lengths=lengths,
            inverse=inverse,
            width=dimension or self._model.model_info.hidden_size,
            dimension=dimension,
            cut_at=None if measured or request.on_overflow == "error" else request.max_length,
            max_texts=config.max_batch_texts or profile.max_texts,
            max_tokens=config.max_batch_tokens or profile.max_tokens,
            n_workers=config.max_concurrency,
        )

    async def _tokenized(
        self, tokenizer: TextTokenizer, request: EmbedRequest, texts: list[str], inverse: IntArray
    ) -> list[list[int]]:
        found: list[list[int]] = []
        for first in range(0, len(texts), _WINDOW):
            ids = tokenizer.tokenize(texts[first : first + _WINDOW])
            if request.on_overflow == "error":
                raise_if_too_long(ids, first, inverse, request.max_length)
            found += ids
            await asyncio.sleep(0)
        return found

    def _measured(
        self, tokenizer: TextTokenizer, limit: int, texts: list[str], ids: list[list[int]]
    ) -> Sequence[Input]:
        """Return what to send: token ids or texts, truncated here to `limit` tokens."""
        if self._model.target.send_token_ids is not False:
            return [cut(one, limit) for one in ids]
        cut_texts = (
            text if len(one) <= limit else tokenizer.beginning(text, limit - 1)
            for text, one in zip(texts, ids, strict=True)
        )
        return [self._ended(text) for text in cut_texts]

    def _unmeasured(self, request: EmbedRequest, texts: list[str], inverse: IntArray) -> list[str]:
        """Return the texts to send when tokens cannot be counted here; a text has at most one token per byte."""
        sure = [len(encodable(text).encode()) < request.max_length for text in texts]
        if self._model.target.send_token_ids:
            self.required_tokenizer()  # raises, with the remedy
        if request.on_overflow == "error" and not all(sure):
            index = int(np.flatnonzero(inverse == sure.index(False))[0])
            raise ConfigError(
                f'on_overflow="error": without the tokenizer of {self._config.model!r}, it is unknown whether text '
                f'{index} has more than {request.max_length} tokens. Name its folder: tokenizer="…".'
            )
        if not all(sure) and not self._model.target.profile.cuts:
            logger.warning(
                "%d texts may have more than %d tokens; without a tokenizer they are sent whole",
                sure.count(False),
                request.max_length,
            )
        return [self._ended(text) for text in texts]

    def _ended(self, text: str) -> str:
        return encodable(text) + (END_TOKEN if self._model.target.append_end_token else "")
