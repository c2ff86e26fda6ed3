"""One call: plan its requests, keep the embeddings that arrive, request only the rest again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qwen3_embed_integrations.core.errors import RemoteError, TextTooLongError
from qwen3_embed_integrations.core.observation import CallObserver, observed_request
from qwen3_embed_integrations.core.packing import fill_budget
from qwen3_embed_integrations.core.types import FloatArray, IntArray

from .client import Client
from .http_errors import TooLargeError
from .http_request import HttpRequest
from .protocol import Input


@dataclass(frozen=True)
class RequestPlan:
    """The inputs of a call, and the limits of its requests.

    Attributes:
        inputs: Texts without repeats, or their token ids.
        lengths: Tokens of each input, counted or estimated; they decide what fits into a request.
        inverse: `[n]` index of each of the call's texts among the inputs.
        width: Numbers of the answer for each input.
        request_of: Return the request for some of the inputs.
        max_texts: Largest number of inputs in a request.
        max_tokens: Largest number of tokens in a request.
        n_workers: Largest number of this call's requests under way at once.
        observer: Told what happens to the call; None: nobody observes it.
    """

    inputs: list[Input]
    lengths: list[int]
    inverse: IntArray
    width: int
    request_of: Callable[[Sequence[Input]], HttpRequest]
    max_texts: int
    max_tokens: int
    n_workers: int
    observer: CallObserver | None = None


class RequestBatcher:
    """Sends the requests of a plan, longest inputs first, several at once."""

    def __init__(self, client: Client, plan: RequestPlan, on_progress: Callable[[int], None] | None) -> None:
        self._client = client
        self._plan = plan
        self._on_progress = on_progress
        self._waiting = sorted(range(len(plan.inputs)), key=plan.lengths.__getitem__)
        self._max_texts = plan.max_texts
        self._max_tokens = plan.max_tokens
        self._embeddings = np.empty((len(plan.inputs), plan.width), dtype=np.float32)
        self._n_done = 0

    async def run(self) -> FloatArray:
        """Return the answers for the inputs, `[n_inputs, width]` float32; the first failure ends all requests.

        Raises:
            RemoteError: The server still fails after all retries.
            TextTooLongError: The server refuses a single text for its length.
        """
        if self._plan.observer is not None:
            self._plan.observer.queued()
        workers = [asyncio.create_task(self._work()) for _ in range(min(self._plan.n_workers, len(self._waiting)))]
        try:
            await asyncio.gather(*workers)
        except BaseException as error:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            if isinstance(error, RemoteError):
                error.add_note(f"{self._n_done} of {len(self._plan.inputs)} texts were answered before the failure.")
            raise
        return self._embeddings

    async def _work(self) -> None:
        while self._waiting:
            batch = self._take()
            http_request = self._plan.request_of([self._plan.inputs[i] for i in batch])
            n_tokens = sum(self._plan.lengths[i] for i in batch)
            try:
                with observed_request(self._plan.observer, len(batch), n_tokens, self._max_tokens):
                    embeddings = await self._client.answer(http_request, self._plan.observer)
            except TooLargeError as error:
                self._halve(batch, error)
            else:
                self._store(batch, embeddings)

    def _take(self) -> list[int]:
        """Remove and return the longest waiting inputs, as many as one request may hold, at least one."""
        longest = self._waiting[: -self._max_texts - 1 : -1]
        count = fill_budget((self._plan.lengths[i] for i in longest), self._max_tokens)
        del self._waiting[-count:]
        return longest[:count]

    def _halve(self, batch: list[int], error: TooLargeError) -> None:
        """Put a batch back to be requested in two halves; keep the lower limits for the rest of this call."""
        if len(batch) == 1:
            index = int(np.flatnonzero(self._plan.inverse == batch[0])[0])
            raise TextTooLongError(
                f"The server refuses text {index} for its length: {error}. Split it, lower max_length, "
                "or raise the limit of the server."
            ) from error
        half = batch[: len(batch) // 2]
        self._max_texts = min(self._max_texts, len(half))
        self._max_tokens = min(self._max_tokens, sum(self._plan.lengths[i] for i in half))
        self._waiting = sorted([*self._waiting, *batch], key=self._plan.lengths.__getitem__)

    def _store(self, batch: list[int], embeddings: FloatArray) -> None:
        self._embeddings[batch] = embeddings
        self._n_done += len(batch)
        if self._on_progress is not None:
            self._on_progress(self._n_done)
