"""The two seams: Backend at text level, Forward at token level; and what passes through them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from .config import EncoderConfig
from .errors import ConfigError
from .model_info import ModelInfo, ResolvedOptions
from .observation import CallObserver
from .packing import PackedBatch
from .types import FloatArray, IntArray, RawEmbeddings

Forward = Callable[[PackedBatch], FloatArray]
"""The seam at token level: a packed batch of n sequences → `[n, hidden_size]` float32 pooled embeddings.

An embedding may come back non-finite; the caller refuses it. Out of memory is a MemoryError.
"""


@runtime_checkable
class PipelinedForward(Protocol):
    """A `Forward` of a device that computes by itself: the next batch is submitted before one is collected."""

    def __call__(self, batch: PackedBatch) -> FloatArray:
        """Return the embeddings, as `Forward`."""
        ...

    def submit(self, batch: PackedBatch) -> Callable[[], FloatArray]:
        """Start a batch; return what waits for its embeddings. Batches of a thread are collected in their order."""
        ...


@dataclass(frozen=True)
class Streams:
    """How many batches a forward pass computes side by side.

    Attributes:
        count: Threads that call it at once.
        enter: Called by such a thread before a batch with the number of those that share the machine: `count`, or 1
            when a batch is computed alone.
        bind: Called by such a thread with its number before its first batch.
        shares: Whether one batch that is computed alone has what all threads compute on.
    """

    count: int = 1
    enter: Callable[[int], None] = lambda _: None
    bind: Callable[[int], None] = lambda _: None
    shares: bool = True


@dataclass(frozen=True)
class EmbedRequest:
    """One call's texts, prompts already in front of them.

    Attributes:
        texts: What to embed.
        max_length: Tokens, end token included.
        on_overflow: Cut a longer text, or fail with TextTooLongError.
        dimension: As many columns as the caller needs; a backend may return more. None: all of them.
        max_waiting: Calls that may wait for the model, this one included; None: any number.
        shared_prefix: The prompt that all texts begin with. A hint: it may change the speed, never an embedding.
        on_progress: Called with the number of texts done so far, from another thread.
        observer: Told what happens to the call; None: nobody observes it.
        alone: Share no batch with other calls: equal calls are then cut into equal batches, which makes their
            embeddings equal to the last bit. Of at most 256 texts.
    """

    texts: Sequence[str]
    max_length: int
    on_overflow: Literal["truncate", "error"] = "truncate"
    on_progress: Callable[[int], None] | None = None
    dimension: int | None = None
    max_waiting: int | None = None
    shared_prefix: str = ""
    observer: CallObserver | None = None
    alone: bool = False

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - what one call consists of
        cls,
        config: EncoderConfig,
        resolved: ResolvedOptions,
        texts: Sequence[str],
        prompt: str,
        on_progress: Callable[[int], None] | None = None,
        observer: CallObserver | None = None,
    ) -> EmbedRequest:
        """Return the request of one call of an encoder; `prompt` is put in front of each text."""
        return cls(
            texts=list(map(prompt.__add__, texts)) if prompt else texts,
            max_length=resolved.max_length,
            on_overflow=config.on_overflow,
            on_progress=on_progress,
            dimension=resolved.dimension,
            max_waiting=config.max_waiting_calls,
            shared_prefix=prompt,
            observer=observer,
        )


class Tokenizer(Protocol):
    """Text → token ids, end token included."""

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids, end token included, not truncated."""
        ...

    def token_strings(self, ids: Sequence[int]) -> list[str]:
        """Return the vocabulary's entry of each id."""
        ...


class Backend(ABC):
    """Texts → raw embeddings. One instance serves every thread and every integration of the process.

    `submit` is the one required method; the rest follows from it and from `tokenizer`.

    Attributes:
        tokenizer: The model's tokenizer; None where only a server has it.
        n_waiting: Calls that have no result yet; 0 where the backend doesn't count them.
    """

    tokenizer: Tokenizer | None = None

    @property
    def n_waiting(self) -> int:
        """Calls that have no result yet."""
        return 0

    @abstractmethod
    def submit(self, request: EmbedRequest) -> Future[RawEmbeddings]:
        """Return a future of the embeddings at once; cancelling it drops what is not yet computed.

        Raises:
            OverloadedError: `max_waiting` calls wait already.
        """

    def close(self, *, discard: bool = False) -> None:  # noqa: B027 - most backends hold nothing to close
        """Compute what waits, then free the model.

        Args:
            discard: Drop what waits and end after the running batch: the interpreter exits.
        """

    def after_fork(self) -> None:  # noqa: B027 - a backend without threads needs nothing
        """Make this usable in a forked child, where none of the parent's threads exists."""

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids, end token included, not truncated.

        Raises:
            ConfigError: The model's tokenizer is not on this machine.
        """
        return self.required_tokenizer().tokenize(texts)

    def count_tokens(self, texts: Sequence[str]) -> IntArray:
        """Return each text's length in tokens, end token included, `[n]`; raises as `tokenize`."""
        return np.fromiter((len(ids) for ids in self.tokenize(texts)), dtype=np.int64, count=len(texts))

    def token_strings(self, ids: Sequence[int]) -> list[str]:
        """Return the vocabulary's entry of each id; raises as `tokenize`."""
        return self.required_tokenizer().token_strings(ids)

    def required_tokenizer(self) -> Tokenizer:
        """Return the tokenizer.

        Raises:
            ConfigError: There is none.
        """
        if self.tokenizer is None:
            raise ConfigError(
                "The model's tokenizer is not on this machine, and the backend returns no token ids. "
                'Name the folder that holds its tokenizer.json: tokenizer="…".'
            )
        return self.tokenizer


class OpenedModel(Protocol):
    """What a runtime keeps of a model between finding it and loading its weights."""

    @property
    def model_info(self) -> ModelInfo:
        """What is known of the model before its weights are loaded."""
        ...


class Runtime(Protocol):
    """What an entry point of the group `qwen3_embed_integrations.backends` names: a module or object with these two."""

    def open_model(self, config: EncoderConfig) -> OpenedModel:
        """Find the model of `config`; load no weights."""
        ...

    def build_backend(self, config: EncoderConfig, model: Any) -> Backend:
        """Load what `open_model` returned for the same config."""
        ...


def wait_for(future: Future[RawEmbeddings]) -> RawEmbeddings:
    """Return the future's result; cancel it when the wait is interrupted."""
    try:
        return future.result()
    except BaseException:  # Ctrl-C too: nobody waits any more, so what is not yet computed need not be
        future.cancel()
        raise
